import { Failure, failureOf, failures, type FailureCode } from '../vocabulary/index.ts';

/** One thing a connection test looks at. Values go from step to step in the closures. */
export interface ConnectionStep {
  /** In words, as shown: `name`, `TCP`, `host key`, `login`, `rights`, `round trip`. */
  readonly step: string;
  /** Longer than the rest may take: a person is waited for. */
  readonly stepMs?: number;
  /**
   * Gives what was found, in a few plain words, or throws: a Failure with its facts, or whatever
   * the network says. `note` tells something while the step goes on.
   */
  run(signal: AbortSignal, note: (text: string) => void): Promise<string | undefined>;
}

/** `skipped`: a step before it failed, so that this one would say nothing. */
export type ConnectionStepState = 'running' | 'passed' | 'failed' | 'skipped' | 'cancelled';

export interface ConnectionStepReport {
  readonly step: string;
  readonly state: ConnectionStepState;
  /** Since the step began. */
  readonly ms: number;
  /** What was found, or why not: a sentence for people, without secrets. */
  readonly reason?: string;
}

const stepMsDefault = 15_000;

/**
 * Tests a connection step by step, with the values as they are given: nothing is stored. Every step
 * is reported when it begins and when it ends, and may report in between; after a failure the rest
 * is skipped, after an abort it is cancelled.
 */
export async function* testConnection(
  steps: readonly ConnectionStep[],
  signal: AbortSignal,
): AsyncGenerator<ConnectionStepReport, void, undefined> {
  let rest: 'run' | 'skipped' | 'cancelled' = 'run';
  for (const step of steps) {
    if (rest === 'run' && signal.aborted) rest = 'cancelled';
    if (rest !== 'run') {
      yield { step: step.step, state: rest, ms: 0 };
      continue;
    }
    for await (const report of runStep(step, signal)) {
      if (report.state === 'failed') rest = 'skipped';
      if (report.state === 'cancelled') rest = 'cancelled';
      yield report;
    }
  }
}

async function* runStep(
  one: ConnectionStep,
  signal: AbortSignal,
): AsyncGenerator<ConnectionStepReport, void, undefined> {
  const { step, stepMs = stepMsDefault } = one;
  const began = performance.now();
  const reports: ConnectionStepReport[] = [];
  let rouse: () => void = () => undefined;
  const say = (state: ConnectionStepState, reason?: string): void => {
    const ms = Math.round(performance.now() - began);
    reports.push({ step, state, ms, ...(reason === undefined ? {} : { reason }) });
    rouse();
  };
  const cut = new AbortController();
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    cut.abort();
  }, stepMs);
  const abort = (): void => {
    cut.abort();
  };
  signal.addEventListener('abort', abort, { once: true });
  say('running');
  // A step that does not heed its signal is left to itself.
  const ended = Promise.race([
    one.run(cut.signal, (text) => {
      say('running', text);
    }),
    aborted(cut.signal),
  ])
    .then(
      (found) => {
        say('passed', found);
      },
      (error: unknown) => {
        if (signal.aborted) say('cancelled');
        else say('failed', late ? `no answer within ${String(stepMs / 1000)} s` : reasonOf(error));
      },
    )
    .finally(() => {
      clearTimeout(timer);
      signal.removeEventListener('abort', abort);
      cut.abort();
    });
  for (;;) {
    const report = reports.shift();
    if (report !== undefined) {
      yield report;
      if (report.state !== 'running') break;
      continue;
    }
    await new Promise<void>((resolve) => {
      rouse = resolve;
      if (reports.length > 0) resolve();
    });
  }
  await ended;
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(new Failure('channel.timed-out'));
    signal.addEventListener(
      'abort',
      () => {
        reject(new Failure('channel.timed-out'));
      },
      { once: true },
    );
  });
}

const plain: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens at this address and port',
  ECONNRESET: 'the other side cut the connection',
  EHOSTUNREACH: 'there is no way to this address',
  ENETUNREACH: 'there is no way to this address',
  ENOTFOUND: 'the name is not known',
  EAI_AGAIN: 'the name server did not answer',
  ETIMEDOUT: 'nothing answered: the address is wrong, or a firewall drops the packets',
  EPIPE: 'the other side cut the connection',
  CERT_HAS_EXPIRED: 'the certificate of the other side has expired',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'the certificate of the other side is signed by nobody trusted here',
  SELF_SIGNED_CERT_IN_CHAIN: 'the certificate of the other side is signed by nobody trusted here',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    'the certificate of the other side is signed by nobody trusted here',
  ERR_TLS_CERT_ALTNAME_INVALID: 'the certificate of the other side is for another name',
};

/** A sentence for what went wrong; facts of a Failure stand behind it. */
export function reasonOf(thrown: unknown): string {
  const code = codeOf(thrown) ?? codeOf((thrown as { readonly cause?: unknown } | null)?.cause);
  if (code !== undefined && code in plain) return plain[code] ?? code;
  const failure = failureOf(thrown);
  const why = failure.facts['why'];
  return typeof why === 'string' ? why : failures[failure.code satisfies FailureCode].says;
}

function codeOf(thrown: unknown): string | undefined {
  const code = (thrown as { readonly code?: unknown } | null | undefined)?.code;
  return typeof code === 'string' ? code : undefined;
}
