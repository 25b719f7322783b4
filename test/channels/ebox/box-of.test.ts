import { describe, expect, it } from '@jest/globals';
import { boxOf } from '../../../src/channels/ebox/box-of.ts';
import type { Addressee, BoxOption } from '../../../src/channels/index.ts';

const box = (type: string, active = true): BoxOption => ({ qualityId: type, type, active });

function chosen(o: Partial<Addressee>): string | undefined {
  return boxOf({ enterprise: '0206731645', isOwn: false, boxes: [], ...o })?.type;
}

describe('the box a parcel belongs in', () => {
  const both = [box('employer'), box('mandatary'), box('social-secretariat')];

  it('is that of the quality whose sender number it goes to, whatever else there is', () => {
    expect(chosen({ boxes: both, quality: 'mandatary', isOwn: true })).toBe('mandatary');
    expect(chosen({ boxes: both, quality: 'hospital' })).toBeUndefined();
  });

  it('is the employer for what is declared about the enterprise itself', () => {
    expect(chosen({ boxes: both, isOwn: true })).toBe('employer');
  });

  it('is never the employer for what is declared about a client, while a quality works for clients', () => {
    expect(chosen({ boxes: both })).toBe('social-secretariat');
    expect(chosen({ boxes: [box('employer'), box('service-provider')] })).toBe('service-provider');
  });

  it('is one that works before one that is suspended', () => {
    const boxes = [box('social-secretariat', false), box('mandatary')];

    expect(chosen({ boxes })).toBe('mandatary');
    expect(chosen({ boxes: [box('social-secretariat', false)] })).toBe('social-secretariat');
  });

  it('is the first of the catalogue for an enterprise that has none of these', () => {
    expect(chosen({ boxes: [box('hospital'), box('authority')] })).toBe('hospital');
    expect(chosen({ boxes: [] })).toBeUndefined();
  });
});
