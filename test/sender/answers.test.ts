import { createWriteStream, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import yazl from 'yazl';
import { notificationChunks } from '../../src/acknowledgement/index.ts';
import { readReceipts, tallyNotification, type Tally } from '../../src/sender/index.ts';
import { readForms } from '../../src/sender/answer-forms.ts';
import { unzipOnly } from '../../src/sender/unzip-only.ts';
import { ticketOf } from '../../src/vocabulary/index.ts';
import { checkDigitFinding, notificationStory, notifiedForm } from '../make/notified-form.ts';

let home: string;

beforeAll(() => {
  home = mkdtempSync(join(tmpdir(), 'sluis-answers-test-'));
});

afterAll(() => {
  rmSync(home, { recursive: true });
});

function placed(content: string): string {
  const path = join(home, 'answer.xml');
  writeFileSync(path, content);
  return path;
}

function emptyTally(): Tally {
  return { accepted: 0, refused: 0, findings: [], findingsCut: false };
}

// eslint-disable-next-line @typescript-eslint/require-await -- made on the fly, nothing to wait for
async function* forms(count: number): AsyncGenerator<ReturnType<typeof notifiedForm>> {
  for (let number = 1; number <= count; number += 1) {
    const refused = number % 10 === 0;
    yield notifiedForm(number, {
      verdict: refused ? 'refused' : 'accepted',
      findings: refused ? [checkDigitFinding({ value: `<&"${String(number)}` })] : [],
    });
  }
}

const receipt = (body: string): string =>
  `<?xml version="1.0"?>\n<ACRF><Form><FileReference><FileName>GO.A</FileName>` +
  `<ReferenceNbr>T</ReferenceNbr></FileReference>${body}</Form></ACRF>\n`;

describe('reading a receipt', () => {
  it('lists every receipt and error of the file', async () => {
    const result =
      '<ReceptionResult><ResultCode>0</ResultCode><ErrorID>ACRF-125</ErrorID><ErrorID>ACRF-153</ErrorID></ReceptionResult>';

    const receipts = await readReceipts(placed(receipt(result)));

    expect(receipts).toEqual([
      { fileName: 'GO.A', ticket: 'T', accepted: false, errors: ['ACRF-125', 'ACRF-153'] },
    ]);
  });

  it.each([
    [
      'cut short',
      receipt('<ReceptionResult><ResultCode>1</ResultCode></ReceptionResult>').slice(0, -9),
    ],
    ['of another root', '<NOTI><Form></Form></NOTI>'],
    ['empty', ''],
    ['without result', receipt('')],
    ['with a document type', `<!DOCTYPE ACRF [<!ENTITY a "b">]>${receipt('')}`],
    ['with a broken form', '<ACRF><Form><A></B></Form></ACRF>'],
    ['with an endless form', `<ACRF><Form>${'x'.repeat(9 * 1024 * 1024)}</Form></ACRF>`],
    ['that ends a form that did not begin', '<ACRF></Form></ACRF>'],
  ])('refuses a file %s', async (_, content) => {
    await expect(readReceipts(placed(content))).rejects.toMatchObject({
      code: 'sender.bad-answer',
    });
  });
});

describe('reading a notification', () => {
  it('counts verdicts and keeps findings in the order of the file', async () => {
    const path = join(home, 'noti.xml');
    await pipeline(
      Readable.from(notificationChunks(notificationStory(), forms(25))),
      createWriteStream(path),
    );
    const tally = emptyTally();

    const count = await tallyNotification(path, { ticket: ticketOf(4711), tally });

    expect(count).toBe(25);
    expect(tally).toMatchObject({ accepted: 23, refused: 2, findingsCut: false });
    expect(tally.findings.map(({ declaration, value }) => [declaration, value])).toEqual([
      [10, '<&"10'],
      [20, '<&"20'],
    ]);
  });

  it('leaves a notification about another file alone', async () => {
    const path = join(home, 'other.xml');
    await pipeline(
      Readable.from(notificationChunks(notificationStory(), forms(3))),
      createWriteStream(path),
    );
    const tally = emptyTally();

    expect(await tallyNotification(path, { ticket: ticketOf(1), tally })).toBe(0);
    expect(tally).toEqual(emptyTally());
  });

  it('reads 13 MB in the memory of a few forms', async () => {
    const path = join(home, 'large.xml');
    await pipeline(
      Readable.from(notificationChunks(notificationStory(), forms(10_000))),
      createWriteStream(path),
    );
    setFlagsFromString('--expose-gc');
    const collectGarbage = runInNewContext('gc') as () => void;
    collectGarbage();
    const before = process.memoryUsage().arrayBuffers;

    let read = 0;
    let most = 0;
    const inFile = readForms({ path, root: 'NOTIFICATION' });
    while ((await inFile.next()).done !== true) {
      read += 1;
      if (read % 2000 !== 0) continue;
      collectGarbage();
      most = Math.max(most, process.memoryUsage().arrayBuffers - before);
    }

    expect(read).toBe(10_000);
    expect(statSync(path).size).toBeGreaterThan(12_500_000);
    expect(most).toBeLessThan(8 * 1024 * 1024);
  });
});

describe('unpacking a zipped answer', () => {
  async function zipped(
    names: readonly string[],
    content = Buffer.from('<ACRF/>'),
  ): Promise<string> {
    const path = join(home, 'answer.zip');
    const zip = new yazl.ZipFile();
    for (const name of names) zip.addBuffer(content, name);
    zip.end();
    await pipeline(zip.outputStream, createWriteStream(path));
    return path;
  }

  it('gives the one file in it', async () => {
    const path = await zipped(['FO.NOTI.999999.20260115.00001.R']);

    expect(await unzipOnly({ path, folder: home, bytesMax: 1000 })).toBe(
      join(home, 'FO.NOTI.999999.20260115.00001.R'),
    );
  });

  it.each([
    ['two files', ['FO.A', 'FO.B'], 1000],
    ['another name', ['evil.sh'], 1000],
    ['a path', ['FO.a/b'], 1000],
    ['more than allowed', ['FO.A'], 3],
  ])('refuses %s', async (_, names, bytesMax) => {
    const path = await zipped(names);

    await expect(unzipOnly({ path, folder: home, bytesMax })).rejects.toMatchObject({
      code: 'sender.bad-answer',
    });
  });

  it('refuses what is no zip', async () => {
    await expect(
      unzipOnly({ path: placed('hello'), folder: home, bytesMax: 1000 }),
    ).rejects.toMatchObject({ code: 'sender.bad-answer' });
  });
});
