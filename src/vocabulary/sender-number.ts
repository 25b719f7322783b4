/** Six digits, 000001 to 999998, one per quality of an enterprise (glossary zone 00002). */
export type SenderNumber = string & { readonly __brand: 'SenderNumber' };

/** The authority's own sender number, on every file it sends. */
export const authoritySender = '999999' as SenderNumber;

export function parseSenderNumber(text: string): SenderNumber | undefined {
  if (!/^\d{6}$/.test(text) || text === '000000' || text === authoritySender) return undefined;
  return text as SenderNumber;
}
