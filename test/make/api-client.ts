/** What came back: the status, and the body read as JSON. */
export interface ApiAnswer {
  readonly status: number;
  /** Of a problem. */
  readonly code: string | undefined;
  // Tests look into bodies by the names they expect.
  readonly body: Readonly<Record<string, unknown>>;
  readonly headers: Headers;
  readonly text: string;
}

/** A browser without windows: keeps cookies as one would, and repeats the token of its session. */
export interface ApiClient {
  readonly cookies: ReadonlyMap<string, string>;
  get(path: string): Promise<ApiAnswer>;
  post(path: string, body?: unknown): Promise<ApiAnswer>;
  put(path: string, body?: unknown, headers?: Readonly<Record<string, string>>): Promise<ApiAnswer>;
  patch(
    path: string,
    body?: unknown,
    headers?: Readonly<Record<string, string>>,
  ): Promise<ApiAnswer>;
  delete(path: string): Promise<ApiAnswer>;
  call(
    method: string,
    path: string,
    o?: { readonly body?: unknown; readonly headers?: Readonly<Record<string, string>> },
  ): Promise<ApiAnswer>;
  /** As if the browser had been closed. */
  forget(): void;
}

export interface ApiClientOptions {
  /** An API token instead of cookies. */
  readonly token?: string;
  /** As a trusted proxy would tell it. */
  readonly address?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export function apiClient(url: string, o: ApiClientOptions = {}): ApiClient {
  const cookies = new Map<string, string>();
  const call: ApiClient['call'] = async (method, path, { body, headers = {} } = {}) => {
    const answer = await fetch(`${url}/api/v1${path}`, {
      method,
      headers: {
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...credentials(cookies, o),
        ...o.headers,
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    keep(cookies, answer.headers);
    return read(answer);
  };
  return {
    cookies,
    call,
    get: (path) => call('GET', path),
    post: (path, body) => call('POST', path, { body }),
    put: (path, body, headers) => call('PUT', path, { body, ...(headers && { headers }) }),
    patch: (path, body, headers) => call('PATCH', path, { body, ...(headers && { headers }) }),
    delete: (path) => call('DELETE', path),
    forget: () => {
      cookies.clear();
    },
  };
}

function credentials(
  cookies: ReadonlyMap<string, string>,
  { token, address }: ApiClientOptions,
): Record<string, string> {
  const csrf = cookies.get('__Host-sluis-csrf');
  return {
    ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    ...(address === undefined ? {} : { 'x-forwarded-for': address }),
    ...(cookies.size === 0
      ? {}
      : { cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join('; ') }),
    ...(csrf === undefined ? {} : { 'x-csrf-token': csrf }),
  };
}

function keep(cookies: Map<string, string>, headers: Headers): void {
  for (const line of headers.getSetCookie()) {
    const [pair = ''] = line.split(';');
    const [name = ''] = pair.split('=');
    const value = pair.slice(name.length + 1);
    if (value === '') cookies.delete(name);
    else cookies.set(name, value);
  }
}

async function read(answer: Response): Promise<ApiAnswer> {
  const text = await answer.text();
  const body = text === '' ? {} : (JSON.parse(text) as Record<string, unknown>);
  const { code } = body;
  return {
    ...{ status: answer.status, body, headers: answer.headers, text },
    code: typeof code === 'string' ? code : undefined,
  };
}
