import type { Addressee, BoxOption } from './ports.ts';

/**
 * Qualities in which an enterprise works for others, those that work for most others first. What is
 * declared about a client must not be read by those who only look after its own personnel.
 */
const forClients = [
  'social-secretariat',
  'full-service-center',
  'mandatary',
  'service-provider',
] as const;

/**
 * The box a parcel belongs in: that of the sender number it goes to; for a declaration about the
 * enterprise itself that of the employer, for one about a client that of a quality that works for
 * clients. An enterprise without such a quality has the first of the catalogue. Active ones first.
 */
export function boxOf({ boxes, quality, isOwn }: Addressee): BoxOption | undefined {
  if (quality !== undefined) return boxes.find(({ type }) => type === quality);
  const wanted: readonly string[] = isOwn ? ['employer'] : forClients;
  const rank = ({ type, active }: BoxOption): number => {
    const place = wanted.indexOf(type);
    return (active ? 0 : wanted.length + 1) + (place < 0 ? wanted.length : place);
  };
  return boxes.toSorted((one, other) => rank(one) - rank(other))[0];
}
