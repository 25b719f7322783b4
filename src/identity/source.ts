import { isIPv4, isIPv6 } from 'node:net';

const otherCharactersMax = 64;
const groups = 8;
const prefixGroups = 4;

/**
 * What counts as one source of logins: an IPv4 address, or the /64 of an IPv6 address, since one
 * machine commands a whole /64. Anything else (the name of a broker) counts as it is.
 */
export function sourceOf(address: string): string {
  const plain = address.replace(/%.*$/, '').toLowerCase();
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/.exec(plain)?.[1];
  if (mapped !== undefined && isIPv4(mapped)) return mapped;
  if (!isIPv6(plain)) return plain.slice(0, otherCharactersMax);
  const prefix = expanded(plain).slice(0, prefixGroups);
  return `${prefix.map((group) => group.replace(/^0+(?=.)/, '')).join(':')}::/64`;
}

/** The groups of an IPv6 address with `::` written out. An IPv4 tail stands for two groups. */
function expanded(address: string): string[] {
  const [head = '', tail] = address.split('::');
  const before = head === '' ? [] : head.split(':');
  if (tail === undefined) return before;
  const after = tail === '' ? [] : tail.split(':');
  const width = before.length + after.length + (after.at(-1)?.includes('.') === true ? 1 : 0);
  return [...before, ...Array<string>(Math.max(groups - width, 0)).fill('0'), ...after];
}
