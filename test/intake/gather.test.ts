import { describe, expect, it } from '@jest/globals';
import { gather, type Gathered } from '../../src/intake/index.ts';
import { aFile, aName, noon } from '../make/files.ts';

const patience = { settleMs: 30_000, goTimeoutMs: 4 * 3_600_000 };
const after = (ms: number): Date => new Date(noon.getTime() + ms);
const kinds = (gathered: readonly Gathered[]): readonly string[] =>
  gathered.map(({ kind }) => kind);

const go = aFile(aName('GO'));
const fi = aFile(aName('FI'));
const fs = aFile(aName('FS'));

describe('gathering a set', () => {
  it('takes a complete set up at once', () => {
    const [outcome] = gather([fi, fs, go], noon, patience);

    expect(outcome).toMatchObject({ kind: 'set', trigger: { name: go.name } });
  });

  it.each([
    [
      'without parts',
      [
        'FI.MEDC.123456.20260115.00001.R',
        'FS.MEDC.123456.20260115.00001.R',
        'GO.MEDC.123456.20260115.00001.R',
      ],
    ],
    [
      'with parts named by the declarations only',
      [fi.name, fs.name, 'GO.MEDC.123456.20260115.00001.R'],
    ],
  ])('knows the layout %s', (_, names) => {
    expect(
      kinds(
        gather(
          names.map((name) => aFile(name)),
          noon,
          patience,
        ),
      ),
    ).toEqual(['set']);
  });

  it.each(['3000000000', '9999999999', '1e9', '-1', ''])(
    'does not count up to the %j parts that a GO may claim',
    (parts) => {
      const claiming = aFile(`GO.MEDC.123456.20260115.00001.R.${parts}`);

      expect(kinds(gather([fi, fs, claiming], noon, patience))).toEqual(['set']);
      expect(kinds(gather([claiming], noon, patience))).toEqual(['wait']);
    },
  );

  it('waits for a signature that comes after its GO', () => {
    const early = gather([fi, go], after(29_999), patience);
    const late = gather([fi, go], after(30_000), patience);

    expect(early).toEqual([{ kind: 'wait', until: after(30_000) }]);
    expect(kinds(late)).toEqual(['set']);
  });

  it('counts the settle window from the last file that landed', () => {
    const second = aFile(fs.name, { landedAt: after(20_000) });

    expect(gather([second, go], after(31_000), patience)).toEqual([
      { kind: 'wait', until: after(50_000) },
    ]);
  });

  it('waits for a declaration file that is still being written, however long', () => {
    const writing = aFile(fi.name, { state: 'UPLOADING', landedAt: undefined });

    expect(kinds(gather([writing, fs, go], after(3_600_000), patience))).toEqual(['wait']);
  });

  it('does not take a declaration file for complete whose connection was lost', () => {
    const lost = aFile(fi.name, { state: 'PARTIAL', landedAt: undefined });

    const [outcome] = gather([lost, fs, go], after(30_000), patience);

    expect(outcome?.kind).toBe('set');
    expect(outcome).toMatchObject({ files: [{ name: fs.name }, { name: go.name }] });
  });

  it('waits for every part', () => {
    const parts = (part: string) => [
      aFile(aName('FI', { parts: '2', part })),
      aFile(aName('FS', { parts: '2', part })),
    ];
    const twoGo = aFile(aName('GO', { parts: '2' }));

    expect(kinds(gather([...parts('1'), twoGo], noon, patience))).toEqual(['wait']);
    expect(kinds(gather([...parts('1'), ...parts('2'), twoGo], noon, patience))).toEqual(['set']);
  });

  it('does not wait for the signature of a simulation', () => {
    const simulated = [
      aFile(aName('FI', { environment: 'S' })),
      aFile(aName('GO', { environment: 'S' })),
    ];

    expect(kinds(gather(simulated, noon, patience))).toEqual(['set']);
  });

  it('lets a TD cancel what was not taken up yet', () => {
    const cancel = aFile(aName('TD'), { landedAt: after(1) });

    expect(kinds(gather([fi, go, cancel], after(1), patience))).toEqual(['cancel']);
  });

  it('gives up on a TD that has nothing to cancel', () => {
    const cancel = aFile(aName('TD'));

    expect(kinds(gather([cancel], noon, patience))).toEqual(['wait']);
    expect(kinds(gather([cancel], after(30_000), patience))).toEqual(['idle-cancel']);
  });

  it('refuses files whose GO never came, under the name of the declaration file', () => {
    const early = gather([fs, fi], after(patience.goTimeoutMs - 1), patience);
    const [late] = gather([fs, fi], after(patience.goTimeoutMs), patience);

    expect(early).toEqual([{ kind: 'wait', until: after(patience.goTimeoutMs) }]);
    expect(late).toMatchObject({ kind: 'no-go', trigger: { name: fi.name } });
  });

  it.each([
    ['GO.MEDC.123456', '107'],
    ['TD.MEDC.1', '107'],
    ['FI.MEDC.123456.20260115.00001.R.1', '131'],
    ['FS.MEDC.123456.20260115.00001.R.1.1.PUBL', '132'],
    ['payroll.xml', '129'],
    ['XX.MEDC.123456.20260115.00001.R', '129'],
  ])('refuses the shapeless name %s with %s once it has settled', (name, code) => {
    expect(kinds(gather([aFile(name)], noon, patience))).toEqual(['wait']);
    expect(gather([aFile(name)], after(30_000), patience)).toMatchObject([{ kind: 'stray', code }]);
  });
});
