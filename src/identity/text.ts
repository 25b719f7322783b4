const shownCharactersMax = 60;

/** Foreign text made fit for a message: one line, no control characters, at most 60 characters. */
export function oneLine(text: string): string {
  return text.replace(/\p{C}+/gu, ' ').slice(0, shownCharactersMax);
}
