import { buffer } from 'node:stream/consumers';
import { describe, expect, it } from '@jest/globals';
import { fromBuffer, type Entry } from 'yauzl';
import { answerName, zipSingle } from '../../src/acknowledgement/index.ts';
import { elementsOf, Failure, isStorableName, sequenceOf } from '../../src/vocabulary/index.ts';
import { streamOf } from '../make/notified-form.ts';

const elements = {
  kind: 'ACRF',
  date: '20260115',
  sequence: '00001',
  environment: 'R',
} as const;
const at = new Date('2026-01-15T23:30:00.000Z');
const name = answerName({ prefix: 'FO', ...elements });

/** Every entry of an archive with its content, read by another library than the one that wrote it. */
async function entriesOf(archive: Buffer): Promise<{ entry: Entry; content: string }[]> {
  return new Promise((resolve, reject) => {
    fromBuffer(archive, { lazyEntries: true }, (error, file) => {
      if (error !== null) {
        reject(error);
        return;
      }
      const entries: { entry: Entry; content: string }[] = [];
      file.on('error', reject);
      file.on('end', () => {
        resolve(entries);
      });
      file.on('entry', (entry: Entry) => {
        file.openReadStream(entry, (failure, stream) => {
          if (failure !== null) {
            reject(failure);
            return;
          }
          buffer(stream).then((content) => {
            entries.push({ entry, content: content.toString('utf8') });
            file.readEntry();
          }, reject);
        });
      });
      file.readEntry();
    });
  });
}

describe('answer name', () => {
  it('differs in the prefix alone between the files of one answer', () => {
    const names = (['FO', 'FS', 'GO', 'CO'] as const).map((prefix) =>
      answerName({ prefix, ...elements }),
    );

    expect(names).toEqual([
      'FO.ACRF.999999.20260115.00001.R',
      'FS.ACRF.999999.20260115.00001.R',
      'GO.ACRF.999999.20260115.00001.R',
      'CO.ACRF.999999.20260115.00001.R',
    ]);
    expect(names.every(isStorableName)).toBe(true);
    expect(elementsOf(names[0] ?? '')?.sequence).toBe('00001');
  });

  it('takes the sequences of a busy day', () => {
    const sequence = sequenceOf(60_000_000);

    const busy = answerName({ prefix: 'FO', ...elements, kind: 'NOTI', sequence });

    expect(busy).toBe(`FO.NOTI.999999.20260115.${sequence}.R`);
    expect(sequence).toMatch(/[A-Z]/);
  });

  it.each([
    { date: '2026-01-15' },
    { date: '' },
    { sequence: '1' },
    { sequence: '00000' },
    { sequence: 'abcde' },
    { sequence: '../..' },
  ])('is not made of %j', (changes) => {
    const make = (): string => answerName({ prefix: 'FO', ...elements, ...changes });

    expect(make).toThrow(Failure);
  });
});

describe('zipped answer', () => {
  it('holds exactly the one file it is made of', async () => {
    const source = streamOf(['<ACRF>', Buffer.from('é'), '</ACRF>']);

    const archive = await buffer(zipSingle({ name, source, at }));

    const entries = await entriesOf(archive);
    expect(entries.map(({ entry }) => entry.fileName)).toEqual([name]);
    expect(entries[0]?.content).toBe('<ACRF>é</ACRF>');
  });

  it('carries the legal day, at noon', async () => {
    const archive = await buffer(zipSingle({ name, source: streamOf(['x']), at }));

    const [first] = await entriesOf(archive);
    expect(first?.entry.lastModFileDate).toBe(((2026 - 1980) << 9) | (1 << 5) | 16);
    expect(first?.entry.lastModFileTime).toBe(12 << 11);
  });

  it('has the same bytes for the same content, however it is cut', async () => {
    const lines = Array.from({ length: 20_000 }, (_, index) => `<Form>${String(index)}</Form>\n`);

    const first = await buffer(zipSingle({ name, source: streamOf(lines), at }));
    const second = await buffer(zipSingle({ name, source: streamOf([...lines]), at }));
    const whole = await buffer(zipSingle({ name, source: streamOf([lines.join('')]), at }));

    expect(second.equals(first)).toBe(true);
    expect((await entriesOf(whole))[0]?.content).toBe((await entriesOf(first))[0]?.content);
    expect(first.length).toBeLessThan(lines.join('').length / 4);
  });

  it('fails when its source fails', async () => {
    async function* failing(): AsyncGenerator<string, void, undefined> {
      yield* streamOf(['x'.repeat(100_000)]);
      throw new Failure('storage.unavailable');
    }

    const zipping = buffer(zipSingle({ name, source: failing(), at }));

    await expect(zipping).rejects.toThrow('storage.unavailable');
  });

  it('ends its source when nobody reads it any more', async () => {
    const ended = new Promise<string>((resolve) => {
      async function* endless(): AsyncGenerator<string, void, undefined> {
        try {
          for (let index = 0; ; index += 1) {
            await new Promise(setImmediate);
            yield String(Math.sqrt(index));
          }
        } finally {
          resolve('ended');
        }
      }
      const zipped = zipSingle({ name, source: endless(), at });
      zipped.once('readable', () => zipped.destroy());
    });

    await expect(ended).resolves.toBe('ended');
  });

  it('does not read ahead of a slow reader', async () => {
    let given = 0;
    async function* plenty(): AsyncGenerator<string, void, undefined> {
      for (; given < 2_000; given += 1) {
        await new Promise(setImmediate);
        // Hardly compressible, so that what was taken in must also have gone out.
        yield Array.from({ length: 1024 }, (_, index) => Math.sin(given * 1024 + index)).join('');
      }
    }
    const zipped = zipSingle({ name, source: plenty(), at });
    const reader = zipped[Symbol.asyncIterator]();
    await reader.next();

    for (let turn = 0; turn < 500; turn += 1) await new Promise(setImmediate);

    expect(given).toBeLessThan(300);
    zipped.destroy();
  });
});
