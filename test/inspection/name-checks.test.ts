import { describe, expect, it } from '@jest/globals';
import { checkNames, type NamedSet } from '../../src/inspection/index.ts';
import type { SetFile } from '../../src/intake/index.ts';
import type { InDirectory } from '../../src/vocabulary/index.ts';
import { elementsOf } from '../../src/vocabulary/index.ts';
import { aFile, aName, noon } from '../make/files.ts';

const limits = { dateDaysMax: 366, knownTypes: new Set(['MEDC', 'DMFA']) };
type Over = Parameters<typeof aName>[1];

function member(name: string): SetFile {
  const elements = elementsOf(name);
  if (elements === undefined) throw new Error(`${name} has no shape`);
  return { ...(aFile(name) as SetFile), elements };
}

function aSet(over: Over = {}, names?: readonly string[], directory: InDirectory = 'IN'): NamedSet {
  const trigger = member(aName('GO', over));
  const others = names ?? [aName('FI', over), aName('FS', over)];
  return {
    sender: '123456',
    directory,
    trigger,
    files: [...others.map(member), trigger],
    receivedAt: noon,
  };
}

const codesOf = (set: NamedSet): readonly string[] =>
  checkNames(set, limits).map(({ code }) => code);

describe('reception checks on names', () => {
  it('find nothing wrong with a proper set', () => {
    expect(codesOf(aSet())).toEqual([]);
  });

  it.each([
    ['129', 'an unknown type', { type: 'ABCD' }],
    ['108', "another sender's number", { sender: '654321' }],
    ['109', 'a date that is not eight digits', { date: '2026-1-1' }],
    ['110', 'a date that does not exist', { date: '20260230' }],
    ['111', 'a date in the future', { date: '20260116' }],
    ['126', 'a date too long ago', { date: '20250113' }],
    ['112', 'a short sequence', { sequence: '0001' }],
    ['367', 'a sequence with a small letter', { sequence: '0000a' }],
    ['127', 'a sequence of zeros', { sequence: '00000' }],
    ['114', 'two digits of parts', { parts: '10' }],
    ['115', 'a letter for the parts', { parts: 'A' }],
    ['116', 'no parts at all', { parts: '0' }],
    ['117', 'an unknown environment', { environment: 'P' }],
    ['144', 'no environment', { environment: '' }],
  ] as const)('answer %s for %s', (code, _, over) => {
    expect(codesOf(aSet(over))[0]).toBe(code);
  });

  it('take the very last day that is not too old', () => {
    expect(codesOf(aSet({ date: '20250114' }))).toEqual([]);
  });

  it('know the Brussels day: a name of tomorrow is of today just before UTC midnight', () => {
    const set = { ...aSet({ date: '20260116' }), receivedAt: new Date('2026-01-15T23:30:00Z') };

    expect(checkNames(set, limits)).toEqual([]);
  });

  it.each([
    ['118', 'R', 'INTEST'],
    ['119', 'T', 'IN'],
    ['257', 'S', 'IN'],
  ] as const)('answer %s for environment %s in %s', (code, environment, directory) => {
    expect(codesOf(aSet({ environment }, undefined, directory))).toEqual([code]);
  });

  it.each([
    ['142', 'no declaration', [aName('FS')]],
    [
      '120',
      'a declaration too many',
      [aName('FI'), aName('FI', { parts: '2', part: '2' }), aName('FS')],
    ],
    ['122', 'no signature', [aName('FI')]],
    ['128', 'a part beyond the parts', [aName('FI', { part: '2' }), aName('FS')]],
  ])('answer %s for %s', (code, _, names) => {
    expect(codesOf(aSet({}, names))[0]).toBe(code);
  });

  it.each([
    ['123', 'FI', 'FS'],
    ['124', 'FS', 'FI'],
  ] as const)('answer %s when %s files are numbered wrongly', (code, wrong, right) => {
    const twice = [1, 1].map((part, index) => ({
      ...member(aName(wrong, { parts: '2', part: String(part) })),
      id: `${wrong}${String(index)}`,
    }));
    const set = aSet(
      { parts: '2' },
      ['1', '2'].map((part) => aName(right, { parts: '2', part })),
    );

    expect(codesOf({ ...set, files: [...set.files, ...twice] })).toEqual([code]);
  });

  it('do not ask a simulation for a signature', () => {
    expect(
      codesOf(aSet({ environment: 'S' }, [aName('FI', { environment: 'S' })], 'INTEST-S')),
    ).toEqual([]);
  });

  it('list problems in the published order', () => {
    expect(
      codesOf(aSet({ sender: '654321', date: '20260116', sequence: '00000' }, [], 'INTEST')),
    ).toEqual(['108', '111', '127', '118', '142']);
  });
});
