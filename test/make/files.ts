import { createHash } from 'node:crypto';
import type { WaitingFile } from '../../src/intake/index.ts';
import type { SenderNumber } from '../../src/vocabulary/index.ts';

/** Noon in Brussels on the day the test sets are dated. */
export const noon = new Date('2026-01-15T11:00:00Z');

export const sender = '123456' as SenderNumber;

/** A landed file, unless the test says otherwise. */
export function aFile(name: string, over: Partial<WaitingFile> = {}): WaitingFile {
  return {
    id: name,
    sender,
    directory: 'IN',
    name,
    state: 'LANDED',
    bytes: 10,
    sha256: createHash('sha256').update(name).digest(),
    blob: `blob-${name}`,
    landedAt: noon,
    channel: 'sftp',
    username: 'payroll01',
    ...over,
  };
}

/** `FI.MEDC.123456.20260115.00001.R.1.1` with any element changed. */
export function aName(
  prefix: 'FI' | 'FS' | 'GO' | 'TD',
  over: Partial<
    Record<'type' | 'sender' | 'date' | 'sequence' | 'environment' | 'parts' | 'part', string>
  > = {},
): string {
  const elements = {
    type: 'MEDC',
    sender: '123456',
    date: '20260115',
    sequence: '00001',
    environment: 'R',
    parts: '1',
    part: '1',
    ...over,
  };
  const { type, date, sequence, environment, parts, part } = elements;
  const base = [prefix, type, elements.sender, date, sequence, environment, parts];
  return prefix === 'GO' || prefix === 'TD' ? base.join('.') : [...base, part].join('.');
}
