import { createHash, randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Knex } from 'knex';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { messageLanding, openBlobStore, type BlobStore } from '../../src/storage/index.ts';
import type { SenderNumber } from '../../src/vocabulary/index.ts';
import { testDatabase, type TestDatabase } from '../make/database.ts';
import { eventually } from '../make/exchange.ts';
import { noon } from '../make/files.ts';

let database: TestDatabase;
let directory: string;
let blobs: BlobStore;
let sender: SenderNumber;
let senders = 100_000;
const fileBytesMax = 1_000;

beforeAll(async () => {
  database = await testDatabase();
  directory = await mkdtemp(join(tmpdir(), 'sluis-landing-'));
  blobs = await openBlobStore(directory);
});
afterAll(async () => {
  await database.drop();
  await rm(directory, { recursive: true });
});
beforeEach(() => {
  sender = String((senders += 1)) as SenderNumber;
});

type Land = ReturnType<typeof messageLanding>;

function aLanding(knex = database.knex): Land {
  const clock = { now: () => noon };
  return messageLanding({
    ...{ knex, blobs, clock, nodeId: randomUUID(), channel: 'amqp', fileBytesMax },
  });
}

const nameOf = (n: number): string =>
  `FI.MEDC.${sender}.20260115.${String(n).padStart(5, '0')}.R.1.1`;

function file(n: number, content: string, messageKey = `id:${String(n)}`): Parameters<Land>[0] {
  const account = { id: randomUUID(), username: 'payroll01', senderNumber: sender };
  const note = { messageKey, faults: [{ code: '108', detail: 'no login' }] };
  return { account, directory: 'IN', name: nameOf(n), content: Buffer.from(content), note };
}

interface Row {
  readonly name: string;
  readonly state: string;
  readonly bytes: bigint;
  readonly sha256: Buffer;
  readonly blob: string;
  readonly set_key: string;
  readonly message_key: string;
  readonly faults: unknown;
  readonly look_at: Date;
  readonly landed_at: Date;
}

async function rows(): Promise<readonly Row[]> {
  const found: unknown = await database.knex('landed_file').where({ sender }).orderBy('name');
  return found as readonly Row[];
}

async function textOf(blob: string): Promise<string> {
  const pieces: Buffer[] = [];
  for await (const piece of blobs.stream(blob)) pieces.push(piece);
  return Buffer.concat(pieces).toString();
}

async function blobCount(): Promise<number> {
  let count = 0;
  for await (const { blob } of blobs.list()) if (blob !== '') count += 1;
  return count;
}

async function has(blobsWanted: number): Promise<true | undefined> {
  return (await blobCount()) === blobsWanted || undefined;
}

/** A database whose statements that write rows go by way of `through`. */
function watched(
  knex: Knex,
  through: (rowsWritten: number, send: () => Promise<unknown>) => Promise<unknown>,
): Knex {
  const raw = (sql: string, values: readonly string[]) => {
    const statement = knex.raw(sql, values);
    if (!sql.includes('jsonb_to_recordset')) return statement;
    const written = (JSON.parse(values[0] ?? '[]') as readonly unknown[]).length;
    return {
      options: (o: Readonly<Record<string, unknown>>) =>
        through(written, async () => (await statement.options(o)) as unknown),
    };
  };
  return new Proxy(knex, {
    get: (target, name) => (name === 'raw' ? raw : (Reflect.get(target, name) as unknown)),
  });
}

describe('files that land whole', () => {
  it('have a row and their bytes when the landing resolves', async () => {
    await aLanding()(file(1, 'declarations'));

    const [row] = await rows();
    expect(row).toMatchObject({
      ...{ name: nameOf(1), state: 'LANDED', bytes: 12n, message_key: 'id:1' },
      ...{ faults: [{ code: '108', detail: 'no login' }], landed_at: noon, look_at: noon },
      sha256: createHash('sha256').update('declarations').digest(),
    });
    expect(await textOf(row?.blob ?? '')).toBe('declarations');
  });

  it('land many at once, each with its own content', async () => {
    const land = aLanding();

    await Promise.all(Array.from({ length: 40 }, (_, n) => land(file(n, `content ${String(n)}`))));

    const texts = await Promise.all((await rows()).map(({ blob }) => textOf(blob)));
    expect(texts).toEqual(Array.from({ length: 40 }, (_, n) => `content ${String(n)}`));
  });

  it('replace one of their name that waits, and leave no bytes without a row', async () => {
    const land = aLanding();
    await land(file(1, 'before', 'id:before'));
    const blobsBefore = await blobCount();

    await land(file(1, 'after', 'id:after'));

    const states = (await rows()).map(({ state }) => state).sort();
    expect(states).toEqual(['LANDED', 'REPLACED']);
    const current = (await rows()).find(({ state }) => state === 'LANDED');
    expect(await textOf(current?.blob ?? '')).toBe('after');
    expect(await blobCount()).toBe(blobsBefore + 1);
  });

  it('of one name in one round come one after the other, and one is left', async () => {
    const land = aLanding();

    const contents = ['first', 'second', 'third', 'fourth'];
    await Promise.all(contents.map((content) => land(file(1, content, `id:${content}`))));

    const current = (await rows()).filter(({ state }) => state === 'LANDED');
    expect(current).toHaveLength(1);
    expect(contents).toContain(await textOf(current[0]?.blob ?? ''));
  });

  it('do not fail by another of the same round that no row can be written for', async () => {
    const land = aLanding();
    const sound = file(3, 'poison');
    const poison = { ...sound, account: { ...sound.account, id: 'no id of an account' } };

    const outcomes = await Promise.allSettled([
      land(file(1, 'one')),
      land(file(2, 'two')),
      land(poison),
      land(file(4, 'four')),
    ]);

    const told = outcomes.map(({ status }) => status);
    expect(told).toEqual(['fulfilled', 'fulfilled', 'rejected', 'fulfilled']);
    expect((await rows()).map(({ name }) => name)).toEqual([nameOf(1), nameOf(2), nameOf(4)]);
  });

  it('may bear a message id that no column can hold as it is', async () => {
    await aLanding()(file(1, 'one', 'id:\u0000'));

    expect(await rows()).toMatchObject([{ state: 'LANDED', message_key: 'id:\uFFFD' }]);
  });

  it('keep their bytes when the answer of the statement was lost and it comes again', async () => {
    const stored = (await blobCount()) + 3;
    const statements: number[] = [];
    const land = aLanding(
      watched(database.knex, async (rowsWritten, send) => {
        statements.push(rowsWritten);
        // The first round is of one file: the others are stored before it ends, and share the next.
        if (statements.length === 1) await eventually(() => has(stored), 'three blobs');
        const answer = await send();
        if (statements.length === 2) throw new Error('the connection was lost');
        return answer;
      }),
    );

    await Promise.all([1, 2, 3].map((n) => land(file(n, `content ${String(n)}`))));

    expect(statements).toEqual([1, 2, 1, 1]);
    const texts = await Promise.all((await rows()).map(({ blob }) => textOf(blob)));
    expect(texts).toEqual(['content 1', 'content 2', 'content 3']);
    expect((await rows()).map(({ state }) => state)).toEqual(['LANDED', 'LANDED', 'LANDED']);
  });

  it('fail as the database being away when it drops the line', async () => {
    const dropped = Object.assign(new Error('terminating connection'), { code: '57P01' });
    const land = aLanding(watched(database.knex, () => Promise.reject(dropped)));

    await expect(land(file(1, 'one'))).rejects.toMatchObject({ code: 'storage.unavailable' });
  });

  it('refuse what is longer than a file may be', async () => {
    const landing = aLanding()(file(1, 'x'.repeat(fileBytesMax + 1)));

    await expect(landing).rejects.toMatchObject({ refusal: { status: 'failure' } });
  });
});
