import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Environment } from '../../src/vocabulary/index.ts';
import { xmlOf } from '../make/answer-xml.ts';
import { manualClock } from '../make/clock.ts';
import { anExchange, aSet, type Exchange, type TestSecretariat } from '../make/exchange.ts';
import { medcEmployer, medcFile, type MedcWish } from '../make/medc-file.ts';

const clock = manualClock('2026-01-15T08:00:00Z');
const original = '0';
const correction = '1';
const cancellation = '3';
let exchange: Exchange;

beforeAll(async () => {
  exchange = await anExchange({ clock });
});
afterAll(async () => {
  await exchange.close();
});

interface Sent {
  readonly go: string;
  readonly ticket: string;
  /** One for each declaration: `accepted`, or its error identifiers. */
  readonly verdicts: readonly string[];
  readonly labels: readonly string[];
}

/** Sends a set of these declarations and waits for its verdicts. */
async function sent(
  wishes: readonly MedcWish[],
  o: { readonly environment?: Environment; readonly by?: TestSecretariat } = {},
): Promise<Sent> {
  const { environment = 'R', by = exchange.secretariat } = o;
  const { go, files } = aSet(by, medcFile(wishes), { environment });
  await exchange.hand(files, environment, by);
  const batch = await exchange.batchOf(go);
  const forms = xmlOf(await exchange.answer(batch, 'NOTI', by)).forms();
  return {
    ...{ go, ticket: batch.ticket },
    verdicts: forms.map((form) =>
      form.text('ResultCode')[0] === '1' ? 'accepted' : form.text('ErrorID').join(),
    ),
    labels: forms.flatMap((form) => form.text('AnomalyLabel')),
  };
}

let employers = 0;

/** The number of an employer that no other test declares for, but whose mandate there is. */
function anEmployer(): string {
  employers += 1;
  return medcEmployer(employers);
}

const repeated = '90059-272';

describe('what is computed', () => {
  /** The hours of the declarations that the statement holds, which end in their numbers. */
  const assessedOf = async (wishes: readonly MedcWish[]): Promise<readonly unknown[]> => {
    const { go } = await sent(wishes);
    const batch = await exchange.batchOf(go);
    const forms = xmlOf(await exchange.answer(batch, 'STAT')).forms();
    expect(batch.totals).toMatchObject({ assessed: forms.length });
    return forms.map((form) => form.text('FormCreationHour').at(-1));
  };

  it('is nothing for a cancellation, nor for what it cancels in the same file', async () => {
    const [employer, another] = [anEmployer(), anEmployer()];

    const assessed = await assessedOf([
      { employer },
      { employer: another },
      { employer, status: cancellation },
    ]);

    expect(assessed).toEqual(['08:30:00.002']);
  });

  it('is the last correction in a file, and not what it corrects', async () => {
    const employer = anEmployer();

    const assessed = await assessedOf([
      { employer },
      { employer, status: correction },
      { employer, status: correction },
    ]);

    expect(assessed).toEqual(['08:30:00.003']);
  });

  it('is nothing at all when all is cancelled', async () => {
    const employer = anEmployer();
    await sent([{ employer }]);

    expect(await assessedOf([{ employer, status: cancellation }])).toEqual([]);
  });
});

describe('an original declared by the same sender before', () => {
  it('is refused, and told where it stands; a new one beside it is accepted', async () => {
    const [employer, another] = [anEmployer(), anEmployer()];
    const first = await sent([{ employer: another }, { employer }]);

    const again = await sent([{ employer: anEmployer() }, { employer }]);

    expect(first.verdicts).toEqual(['accepted', 'accepted']);
    expect(again.verdicts).toEqual(['accepted', repeated]);
    expect(again.labels).toEqual([`declaration 2 of ${first.go} says the same already`]);
  });

  it('is not computed again', async () => {
    const employer = anEmployer();
    await sent([{ employer }]);

    const { go } = await sent([{ employer }, { employer: anEmployer() }]);
    const batch = await exchange.batchOf(go);

    expect(batch.declarations).toEqual({ total: 2, accepted: 1, refused: 1 });
    expect(batch.totals).toMatchObject({ assessed: 1 });
  });

  it.each(['00', '+0', '-0'])(
    'is refused when its status is written %s as well',
    async (status) => {
      const employer = anEmployer();
      await sent([{ employer }]);

      const again = await sent([
        { employer, status },
        { employer: anEmployer(), status },
      ]);

      expect(again.verdicts).toEqual([repeated, 'accepted']);
    },
  );

  it('may be corrected, and stands all the same', async () => {
    const employer = anEmployer();
    await sent([{ employer }]);

    const corrected = await sent([{ employer, status: correction }]);
    const correctedAgain = await sent([{ employer, status: correction }]);
    const anew = await sent([{ employer, status: original }]);

    expect(corrected.verdicts).toEqual(['accepted']);
    expect(correctedAgain.verdicts).toEqual(['accepted']);
    expect(anew.verdicts).toEqual([repeated]);
  });

  it('may be declared anew once it was cancelled', async () => {
    const employer = anEmployer();
    await sent([{ employer }]);

    const cancelled = await sent([{ employer, status: cancellation }]);
    const anew = await sent([{ employer }]);
    const once = await sent([{ employer }]);

    expect(cancelled.verdicts).toEqual(['accepted']);
    expect(anew.verdicts).toEqual(['accepted']);
    expect(once.verdicts).toEqual([repeated]);
  });

  it('may be cancelled and declared anew in one file, in this order only', async () => {
    const [one, two] = [anEmployer(), anEmployer()];
    await sent([{ employer: one }, { employer: two }]);

    const mixed = await sent([
      { employer: one, status: cancellation },
      { employer: one },
      { employer: two },
      { employer: two, status: cancellation },
    ]);
    const after = await sent([{ employer: one }, { employer: two }]);

    expect(mixed.verdicts).toEqual(['accepted', 'accepted', repeated, 'accepted']);
    expect(after.verdicts).toEqual([repeated, 'accepted']);
  });

  it('stands no longer when the file that declared it cancels it further on', async () => {
    const employer = anEmployer();
    await sent([{ employer }, { employer, status: cancellation }]);

    expect((await sent([{ employer }])).verdicts).toEqual(['accepted']);
  });

  it('may be cancelled and declared anew in the file that declared it', async () => {
    const employer = anEmployer();

    const mixed = await sent([
      { employer },
      { employer, status: cancellation },
      { employer },
      { employer },
    ]);
    const after = await sent([{ employer }]);

    expect(mixed.verdicts).toEqual(['accepted', 'accepted', 'accepted', repeated]);
    expect(mixed.labels).toEqual(['declaration 3 of this file says the same already']);
    expect(after.verdicts).toEqual([repeated]);
    expect(after.labels).toEqual([`declaration 3 of ${mixed.go} says the same already`]);
  });

  it('may be corrected more than once in a file', async () => {
    const employer = anEmployer();

    const { verdicts } = await sent([
      { employer },
      { employer, status: correction },
      { employer, status: correction },
    ]);

    expect(verdicts).toEqual(['accepted', 'accepted', 'accepted']);
  });

  it('is no hindrance when it was refused itself', async () => {
    const employer = anEmployer();
    const spoilt = (form: string): string =>
      form.replace('<RetailOnly>0</RetailOnly>', '<RetailOnly>7</RetailOnly>');
    const first = await sent([{ employer, spoil: spoilt }]);

    const second = await sent([{ employer }]);

    expect(first.verdicts).not.toEqual(['accepted']);
    expect(second.verdicts).toEqual(['accepted']);
  });

  it('for another year is another declaration', async () => {
    const employer = anEmployer();
    await sent([{ employer, year: '2024' }]);

    expect((await sent([{ employer, year: '2025' }])).verdicts).toEqual(['accepted']);
  });

  it('is nothing to another sender', async () => {
    const by = await exchange.register({ sender: '555555' });
    const employer = by.enterprise;
    await sent([{ employer }], { by });

    const again = await sent([{ employer }], { by });
    await exchange.office.mandates.add({
      ...{ mandator: employer, mandatary: exchange.secretariat.enterprise, object: 'MEDC' },
      ...{ from: '2013Q1', by: 'test' },
    });

    expect(again.verdicts).toEqual([repeated]);
    expect((await sent([{ employer }])).verdicts).toEqual(['accepted']);
  });
});

describe('a simulation', () => {
  it('is told what production would say, and leaves nothing standing', async () => {
    const [standing, fresh] = [anEmployer(), anEmployer()];
    await sent([{ employer: standing }]);

    const simulated = await sent([{ employer: standing }, { employer: fresh }], {
      environment: 'S',
    });
    const production = await sent([{ employer: fresh }]);

    expect(simulated.verdicts).toEqual([repeated, 'accepted']);
    expect(production.verdicts).toEqual(['accepted']);
  });

  it('may cancel and declare anew as production may', async () => {
    const employer = anEmployer();
    await sent([{ employer }]);

    const simulated = await sent([{ employer, status: cancellation }, { employer }], {
      environment: 'S',
    });
    const production = await sent([{ employer }]);

    expect(simulated.verdicts).toEqual(['accepted', 'accepted']);
    expect(production.verdicts).toEqual([repeated]);
  });
});

describe('a circuit test', () => {
  it('neither asks nor says what stands declared', async () => {
    const [standing, fresh] = [anEmployer(), anEmployer()];
    await sent([{ employer: standing }]);

    const tested = await sent([{ employer: standing }, { employer: fresh }], { environment: 'T' });
    const production = await sent([{ employer: fresh }]);

    expect(tested.verdicts).toEqual(['accepted', 'accepted']);
    expect(production.verdicts).toEqual(['accepted']);
  });
});

describe('two sets of one sender with the same declarations', () => {
  it('have each of them accepted once between them, when they are handled at once', async () => {
    const shared = Array.from({ length: 40 }, () => ({ employer: anEmployer() }));
    const sets = [shared, [...shared].reverse()].map((wishes) =>
      aSet(exchange.secretariat, medcFile(wishes)),
    );

    for (const { files } of sets) await exchange.hand(files);
    const batches = await Promise.all(sets.map(({ go }) => exchange.batchOf(go)));

    expect(batches.reduce((sum, { declarations }) => sum + declarations.accepted, 0)).toBe(40);
    expect(batches.map(({ declarations }) => declarations.accepted).sort()).toEqual([0, 40]);
  });
});
