/** Where a command writes. Data goes to stdout; progress and trouble go to stderr. */
export interface Output {
  /** Whether `--json` was given: then only `json` and `line` reach stdout. */
  readonly wantsJson: boolean;
  /** Text for people; silent with `--json`. */
  print(text: string): void;
  /** The one JSON document of the command; silent without `--json`. Amounts are written as strings. */
  json(value: unknown): void;
  /** One object of a stream, on a line of its own; silent without `--json`. */
  line(value: unknown): void;
  /** How far we are; on stderr, in either form. */
  progress(text: string): void;
  /** Columns padded to their widest cell; silent with `--json`. */
  table(header: readonly string[], rows: readonly (readonly string[])[]): void;
}

/** Where bytes go; tests hand in their own. */
export interface Streams {
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
}

export interface OutputOptions {
  readonly streams: Streams;
  /** Asked late: options are parsed after the output is made. */
  readonly wantsJson: () => boolean;
}

export function output({ streams, wantsJson }: OutputOptions): Output {
  const print = (text: string): void => {
    if (!wantsJson()) streams.out(`${text}\n`);
  };
  return {
    get wantsJson() {
      return wantsJson();
    },
    print,
    json: (value) => {
      if (wantsJson()) streams.out(`${JSON.stringify(value, writeBigInt, 2)}\n`);
    },
    line: (value) => {
      if (wantsJson()) streams.out(`${JSON.stringify(value, writeBigInt)}\n`);
    },
    progress: (text) => {
      streams.err(`${text}\n`);
    },
    table: (header, rows) => {
      for (const text of columns([header, ...rows])) print(text);
    },
  };
}

function writeBigInt(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? value.toString() : value;
}

function columns(rows: readonly (readonly string[])[]): string[] {
  const widths: number[] = [];
  for (const row of rows) {
    row.forEach((cell, index) => {
      widths[index] = Math.max(widths[index] ?? 0, cell.length);
    });
  }
  return rows.map((row) =>
    row
      .map((cell, index) => cell.padEnd(widths[index] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}
