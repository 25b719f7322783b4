import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';

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
  /** A `set-cookie` line that came by another way. */
  keep(line: string): void;
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
    const answer = await exchange(new URL(`${url}/api/v1${path}`), {
      method,
      headers: {
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...credentials(cookies, o),
        ...o.headers,
        ...headers,
      },
      text: body === undefined ? '' : JSON.stringify(body),
    });
    for (const line of answer.headers.getSetCookie()) keep(cookies, line);
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
    keep: (line) => {
      keep(cookies, line);
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

function keep(cookies: Map<string, string>, line: string): void {
  const [pair = ''] = line.split(';');
  const [name = ''] = pair.split('=');
  const value = pair.slice(name.length + 1);
  if (value === '') cookies.delete(name);
  else cookies.set(name, value);
}

interface Exchanged {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

/** By `node:https` where there is TLS: certificates of tests are nobody's to recognise. */
function exchange(
  url: URL,
  o: {
    readonly method: string;
    readonly headers: Readonly<Record<string, string>>;
    readonly text: string;
  },
): Promise<Exchanged> {
  const { method, headers, text } = o;
  const options = { method, headers, agent: false, rejectUnauthorized: false };
  const ask = url.protocol === 'https:' ? httpsRequest : httpRequest;
  return new Promise((resolve, reject) => {
    const sent = ask(url, options, (answer) => {
      let read = '';
      answer.setEncoding('utf8').on('data', (piece: string) => (read += piece));
      answer.on('end', () => {
        resolve({ status: answer.statusCode ?? 0, headers: headersOf(answer), text: read });
      });
    });
    sent.on('error', reject);
    sent.end(text);
  });
}

function headersOf({ rawHeaders }: IncomingMessage): Headers {
  const headers = new Headers();
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
    headers.append(rawHeaders[at] ?? '', rawHeaders[at + 1] ?? '');
  }
  return headers;
}

function read({ status, headers, text }: Exchanged): ApiAnswer {
  const isJson = headers.get('content-type')?.includes('json') === true;
  const body = isJson && text !== '' ? (JSON.parse(text) as Record<string, unknown>) : {};
  const { code } = body;
  return { status, body, headers, text, code: typeof code === 'string' ? code : undefined };
}
