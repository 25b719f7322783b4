import { languages, type Language } from '../../vocabulary/index.ts';

/** What anybody gets who asks for none of ours. */
export const languageDefault: Language = 'en';

const rangesMax = 20;

/**
 * The language of ours that an `Accept-Language` header likes best.
 *
 * Source: RFC 9110, section 12.5.4; `fr-BE` is taken for `fr`.
 */
export function languageOf(header: string | undefined): Language {
  const wishes = (header ?? '')
    .split(',', rangesMax)
    .map((range) => {
      const [tag = '', ...parameters] = range.trim().toLowerCase().split(';');
      const quality = parameters
        .find((one) => one.trim().startsWith('q='))
        ?.trim()
        .slice(2);
      return { tag: tag.split('-')[0] ?? '', quality: quality === undefined ? 1 : Number(quality) };
    })
    .filter(({ quality }) => quality > 0 && quality <= 1)
    .sort((one, other) => other.quality - one.quality);
  for (const { tag } of wishes) {
    const found = languages.find((language) => language === tag);
    if (found !== undefined) return found;
  }
  return languageDefault;
}
