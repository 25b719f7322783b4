import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { xmlOf } from '../make/answer-xml.ts';
import { manualClock } from '../make/clock.ts';
import { anExchange, aSet, type Exchange } from '../make/exchange.ts';
import { medcEmployer, medcFile, type MedcWish } from '../make/medc-file.ts';

const long = process.env['SLUIS_TEST_LONG'] === '1';
const patienceMs = long ? 900_000 : 180_000;
const [declarations, wrong, doubled] = long ? [100_000, 50, 10] : [2_000, 5, 2];
const clock = manualClock('2026-01-15T08:00:00Z');
let exchange: Exchange;

beforeAll(async () => {
  exchange = await anExchange({ clock, settings: { chunkBytes: '64KiB', threads: '2' } });
  const { mandates } = exchange.office;
  const mandatary = exchange.secretariat.enterprise;
  const lines = Array.from(
    { length: declarations },
    (_, index) => `${medcEmployer(index + 1)},${mandatary},MEDC,2013Q1,\n`,
  );
  await mandates.importCsv(whole(`mandator,mandatary,object,from,to\n${lines.join('')}`), {
    by: 'test',
  });
}, patienceMs);
afterAll(async () => {
  await exchange.close();
});

async function* whole(text: string): AsyncGenerator<string> {
  yield await Promise.resolve(text);
}

function ticketIn(form: string): string | undefined {
  return /<HandledReference>[^]*<ReferenceNbr>(\w{13})<\/ReferenceNbr>/.exec(form)?.[1];
}

/** Counted in the bytes: the statement of a large file is more than one string can hold. */
function formsIn(answer: Buffer): number {
  let count = 0;
  for (let at = answer.indexOf('</Form>'); at >= 0; at = answer.indexOf('</Form>', at + 1)) {
    count += 1;
  }
  return count;
}

it(
  'A verdict each',
  async () => {
    const step = declarations / (wrong + doubled);
    const faulty = new Set(
      Array.from({ length: wrong }, (_, index) => Math.floor(index * step) + 3),
    );
    const copies = new Map(
      Array.from({ length: doubled }, (_, index) => [declarations - index, index + 1] as const),
    );
    for (const original of copies.values()) faulty.delete(original);
    const wishes = Array.from({ length: declarations }, (_, index): MedcWish => {
      const number = index + 1;
      const original = copies.get(number);
      if (original !== undefined) return { employer: medcEmployer(original) };
      return faulty.has(number) ? { employer: '0123456789' } : {};
    });
    const text = medcFile(wishes);
    const set = aSet(exchange.secretariat, text);

    await exchange.hand(set.files);
    const batch = await exchange.batchOf(set.go, undefined, patienceMs);
    const forms = (await exchange.answer(batch, 'NOTI')).match(/<Form>[^]*?<\/Form>/g) ?? [];

    const refused = new Map(
      forms.flatMap((form, index) =>
        form.includes('<ResultCode>1</ResultCode>') ? [] : [[index + 1, xmlOf(form)] as const],
      ),
    );
    const total = declarations;
    expect(batch.declarations).toEqual({
      ...{ total, refused: faulty.size + doubled, accepted: total - faulty.size - doubled },
    });
    expect(forms).toHaveLength(declarations);
    expect(new Set(forms.map(ticketIn)).size).toBe(declarations);
    expect([...refused.keys()].sort((a, b) => a - b)).toEqual(
      [...faulty, ...copies.keys()].sort((a, b) => a - b),
    );
    const lines = text.split('\n');
    for (const [number, form] of refused) {
      const line = lines[Number(form.text('LineNbr')[0]) - 1] ?? '';
      if (copies.has(number)) {
        expect(form.text('ErrorID')).toEqual(['90059-272']);
        expect(line).toBe('<Form>');
      } else {
        expect(form.text('ErrorID')).toEqual(['00014-004']);
        expect(line.slice(Number(form.text('ColumnNbr')[0]) - 1)).toMatch(/^<CompanyID>0123456789/);
      }
    }
    const stated = batch.parcels.find(({ kind }) => kind === 'STAT')?.files[0] ?? '';
    expect(formsIn(await exchange.read('OUT', stated))).toBe(declarations - faulty.size - doubled);
  },
  2 * patienceMs,
);
