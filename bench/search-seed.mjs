/** The enterprises and qualities that the users of the search benchmark belong to. */
import { copyRows } from '../dist/storage/copy-rows.js';
import { Buffer } from 'node:buffer';

export async function seedQuality(database, { qualities, at }) {
  const numbers = [...new Set(qualities.map(({ enterprise }) => enterprise))];
  await database.transaction(async (trx) => {
    await copyRows(trx, {
      table: 'enterprise',
      columns: ['number', 'name', 'country', 'registered_at'],
      text: Buffer.from(numbers.map((one) => `${one}\tFirm ${one}\tBE\t${at}\n`).join('')),
    });
    await copyRows(trx, {
      table: 'quality',
      columns: ['id', 'enterprise', 'type', 'activated_at', 'changed_at'],
      text: Buffer.from(
        qualities
          .map(({ id, enterprise, type }) => `${id}\t${enterprise}\t${type}\t${at}\t${at}\n`)
          .join(''),
      ),
    });
  });
}
