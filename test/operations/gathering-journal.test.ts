import { beforeEach, describe, expect, it } from '@jest/globals';
import {
  openJournal,
  type GatheringJournal,
  type JournalEvent,
  type Log,
} from '../../src/operations/index.ts';

const instant = new Date('2026-01-31T10:00:00Z');
let appended: (readonly JournalEvent[])[];
let broken: Error | undefined;
let journal: GatheringJournal;
let logged: [event: string, fields: unknown][];

beforeEach(() => {
  appended = [];
  broken = undefined;
  logged = [];
  const log: Log = {
    ...{ debug: () => undefined, info: () => undefined, warn: () => undefined },
    error: (...line: (typeof logged)[number]) => void logged.push(line),
    with: () => log,
  };
  journal = openJournal({
    log,
    clock: { now: () => instant },
    store: {
      append: (events) => {
        appended.push(events);
        return broken === undefined ? Promise.resolve() : Promise.reject(broken);
      },
      read: () => Promise.resolve([]),
      removeBefore: () => Promise.resolve(0),
    },
  }).gathering();
});

const landed = (fileName: string) =>
  journal.record({ level: 'info', code: 'sftp.landed', fileName });

describe('a gathering journal', () => {
  it('stores what comes together at once, in its order and with its instant', async () => {
    await Promise.all([landed('one'), landed('two')]);
    await landed('three');

    expect(appended.map((events) => events.map(({ fileName }) => fileName))).toEqual([
      ['one', 'two'],
      ['three'],
    ]);
    expect(appended[0]?.[0]).toMatchObject({ level: 'info', code: 'sftp.landed', at: instant });
  });

  it('has stored everything when it was flushed', async () => {
    const one = landed('one');

    await journal.flush();

    expect(appended.flat()).toHaveLength(1);
    await one;
    await journal.flush();
  });

  it('tells those who recorded when it could not store, and goes on', async () => {
    broken = new Error('away');
    const lost = landed('lost');
    await expect(lost).rejects.toThrow('away');
    expect(logged).toEqual([
      ['journal.not-stored', expect.objectContaining({ reason: 'gateway.defect', events: 1 })],
    ]);
    broken = undefined;

    await landed('kept');

    expect(appended.at(-1)?.map(({ fileName }) => fileName)).toEqual(['kept']);
  });
});
