import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { copyText } from '../../src/rows/index.ts';
import { copyRows } from '../../src/storage/copy-rows.ts';
import { testDatabase, type TestDatabase } from '../make/database.ts';

let database: TestDatabase;

beforeAll(async () => {
  database = await testDatabase();
  await database.knex.raw('create table copied (place int, text text)');
});
afterAll(() => database.drop());

async function copyTexts(texts: readonly (string | null)[]): Promise<readonly (string | null)[]> {
  const lines = texts.map((text, place) => `${copyText(place)}\t${copyText(text)}\n`);
  await database.knex('copied').truncate();
  await database.database.transaction((trx) =>
    copyRows(trx, {
      table: 'copied',
      columns: ['place', 'text'],
      text: Buffer.from(lines.join('')),
    }),
  );
  return await database.knex('copied').orderBy('place').pluck<(string | null)[]>('text');
}

describe('rows written with COPY', () => {
  it('keep every character a value may hold', async () => {
    const texts = [
      'plain',
      '',
      null,
      '\\N',
      '\\.',
      'null',
      'tab\tnewline\nreturn\rbackslash\\',
      '\\\\n\\t\\',
      '{"json":"a \\"quoted\\" text\\n"}',
      'Cœur €, 中文, 😀',
      '\u0001\u001f\u007f',
    ];

    const read = await copyTexts(texts);

    expect(read).toEqual(texts);
  });

  it('are as many as were given, however many', async () => {
    const texts = Array.from({ length: 5_000 }, (_, index) => `row ${String(index)}\n`.repeat(20));

    const read = await copyTexts(texts);

    expect(read).toEqual(texts);
  });

  it('are not there when the transaction is undone', async () => {
    await database.knex('copied').truncate();

    const undone = database.database.transaction(async (trx) => {
      await copyRows(trx, {
        table: 'copied',
        columns: ['place', 'text'],
        text: Buffer.from('1\tone\n'),
      });
      throw new RangeError('undo');
    });

    await expect(undone).rejects.toThrow('undo');
    expect(await database.knex('copied')).toEqual([]);
  });

  it('fail with what the database says when a value does not fit', async () => {
    const text = Buffer.from(`${copyText('no number')}\t${copyText('text')}\n`);

    const refused = database.database.transaction((trx) =>
      copyRows(trx, { table: 'copied', columns: ['place', 'text'], text }),
    );

    await expect(refused).rejects.toMatchObject({ code: '22P02' });
  });
});
