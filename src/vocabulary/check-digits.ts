/** 97 − (n mod 97): the complement used by enterprise numbers and INSZ. */
export function complement97(base: bigint): number {
  return 97 - Number(base % 97n);
}

/** n mod 97, with 0 written as 97: the rule of structured communications. */
export function remainder97(base: bigint): number {
  const rest = Number(base % 97n);
  return rest === 0 ? 97 : rest;
}
