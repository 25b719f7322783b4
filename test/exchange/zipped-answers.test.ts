import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import yauzl from 'yauzl';
import { xmlOf } from '../make/answer-xml.ts';
import { manualClock } from '../make/clock.ts';
import { anExchange, aSet, type Exchange } from '../make/exchange.ts';
import { testFolder } from '../make/folder.ts';
import { medcFile, soundForms } from '../make/medc-file.ts';
import { verdictsOn } from '../make/schema-judges.ts';

const clock = manualClock('2026-01-15T08:00:00Z');
const folder = testFolder();
let exchange: Exchange;
let batch: Awaited<ReturnType<Exchange['batchOf']>>;

beforeAll(async () => {
  exchange = await anExchange({ clock, zippedAnswers: true });
  const { go, files } = aSet(
    exchange.secretariat,
    medcFile([...soundForms(2), { employer: '0123456789' }]),
  );
  await exchange.hand(files);
  batch = await exchange.batchOf(go);
});
afterAll(async () => {
  await exchange.close();
  folder.remove();
});

function namesOf(kind: string): readonly string[] {
  return batch.parcels.find((parcel) => parcel.kind === kind)?.files ?? [];
}

/** What a reader of archives finds: every entry, whole. */
function entriesOf(archive: Buffer): Promise<readonly (readonly [string, Buffer])[]> {
  return new Promise((resolve, reject) => {
    const entries: [string, Buffer][] = [];
    yauzl.fromBuffer(archive, { lazyEntries: true }, (error, zip) => {
      if (error !== null) {
        reject(error);
        return;
      }
      zip.on('error', reject);
      zip.on('end', () => {
        resolve(entries);
      });
      zip.on('entry', (entry: yauzl.Entry) => {
        zip.openReadStream(entry, (failed, stream) => {
          if (failed !== null) {
            reject(failed);
            return;
          }
          buffer(stream).then((content) => {
            entries.push([entry.fileName, content]);
            zip.readEntry();
          }, reject);
        });
      });
      zip.readEntry();
    });
  });
}

async function onlyEntry(kind: string): Promise<readonly [string, Buffer]> {
  const entries = await entriesOf(await exchange.read('OUT', namesOf(kind)[0] ?? ''));
  const [first] = entries;
  if (first === undefined || entries.length > 1)
    throw new Error(`${String(entries.length)} entries`);
  return first;
}

/** OpenSSL's word on a signature over some bytes. */
async function signatureHolds(fs: string, content: Buffer): Promise<boolean> {
  const base64 = (await exchange.read('OUT', fs)).toString('ascii').replaceAll('\r', '').trimEnd();
  const certificate = join(exchange.office.settings.keys, 'signing.pem');
  writeFileSync(join(folder.path, 'fs'), `-----BEGIN CMS-----\n${base64}\n-----END CMS-----\n`);
  writeFileSync(join(folder.path, 'content'), content);
  const verify = 'cms -verify -inform PEM -binary -purpose any -in fs -content content -out same';
  const trust = ['-CAfile', certificate, '-attime', String(clock.now().getTime() / 1000)];
  try {
    execFileSync('openssl', [...verify.split(' '), ...trust], { cwd: folder.path, stdio: 'pipe' });
    return true;
  } catch {
    return false;
  }
}

describe('the answers of a sender that asks for zipped ones', () => {
  it('are CO in the place of FO, FS and GO keeping the rest of the name; the receipt stays FO', () => {
    const prefixes = batch.parcels.map(({ kind, files }) => [
      kind,
      ...files.map((name) => name.slice(0, 2)),
    ]);
    const rests = batch.parcels.map(
      ({ files }) => new Set(files.map((name) => name.slice(3))).size,
    );

    expect(prefixes).toEqual([
      ['ACRF', 'FO', 'FS', 'GO'],
      ['NOTI', 'CO', 'FS', 'GO'],
      ['STAT', 'CO', 'FS', 'GO'],
    ]);
    expect(rests).toEqual([1, 1, 1]);
    expect(namesOf('NOTI')[0]).toMatch(/^CO\.NOTI\.999999\.20260115\.[0-9A-Z]{5}\.R$/);
  });

  it.each(['NOTI', 'STAT'])('hold exactly one entry, the FO of the same name: %s', async (kind) => {
    const [name, content] = await onlyEntry(kind);

    expect(name).toBe(namesOf(kind)[0]?.replace(/^CO/, 'FO'));
    expect(content.toString('utf8')).toMatch(/^<\?xml /);
  });

  it.each(['NOTI', 'STAT'])('are signed over the FO, not over the archive: %s', async (kind) => {
    const [co = '', fs = ''] = namesOf(kind);
    const [, content] = await onlyEntry(kind);

    expect(await signatureHolds(fs, content)).toBe(true);
    expect(await signatureHolds(fs, await exchange.read('OUT', co))).toBe(false);
  });

  it('hold a notification that the published schema accepts', async () => {
    const noti = (await onlyEntry('NOTI'))[1].toString('utf8');

    const schemas = { own: 'NOTIFICATION_20261.xsd', official: 'NOTIFICATION_20223.xsd' };
    expect(verdictsOn(noti, schemas).join('')).toBe('');
    expect(
      xmlOf(noti)
        .forms()
        .map((form) => form.text('ResultCode')[0]),
    ).toEqual(['1', '1', '0']);
  });

  it('hold a statement that its schema accepts', async () => {
    const statement = (await onlyEntry('STAT'))[1].toString('utf8');

    expect(verdictsOn(statement, { own: 'ContributionStatement_20261.xsd' }).join('')).toBe('');
  });
});
