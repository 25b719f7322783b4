import { setImmediate as turn } from 'node:timers/promises';
import {
  Failure,
  formatQuarter,
  parseEnterpriseNumber,
  parseQuarter,
  type Quarter,
} from '../vocabulary/index.ts';
import { employersOf } from './medc-batch.ts';

export interface MandateListOptions {
  readonly declarations: number;
  readonly seed?: number;
  /** Enterprise number of the one that sends for all of them. */
  readonly mandatary: string;
  /** Group of applications; default `MEDC`. */
  readonly object?: string;
  /** First quarter, `2023Q1` by default; without a last one the mandate stays open. */
  readonly from?: string;
  readonly to?: string;
}

const linesPerChunk = 1000;

/**
 * Mandates of every employer of the batch that `medcBatch` makes with the same number and seed, as
 * CSV with the header `mandator,mandatary,object,from,to`, in pieces of a thousand lines.
 *
 * @throws Failure `cli.usage` when the mandatary or a quarter is not one.
 */
export async function* mandateCsv(options: MandateListOptions): AsyncGenerator<string> {
  const mandatary = parseEnterpriseNumber(options.mandatary);
  if (mandatary === undefined) throw new Failure('cli.usage', { mandatary: options.mandatary });
  const { object = 'MEDC' } = options;
  if (!/^[A-Z0-9]{1,20}$/.test(object)) throw new Failure('cli.usage', { object });
  const from = formatQuarter(quarterOf(options.from ?? '2023Q1'));
  const to = options.to === undefined ? '' : formatQuarter(quarterOf(options.to));
  let lines = ['mandator,mandatary,object,from,to\n'];
  for (const mandator of employersOf(options)) {
    lines.push(`${mandator},${mandatary},${object},${from},${to}\n`);
    if (lines.length >= linesPerChunk) {
      yield lines.join('');
      lines = [];
      await turn();
    }
  }
  if (lines.length > 0) yield lines.join('');
}

function quarterOf(text: string): Quarter {
  const quarter = parseQuarter(text);
  if (quarter === undefined) throw new Failure('cli.usage', { quarter: text });
  return quarter;
}
