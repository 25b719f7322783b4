import { describe, expect, it } from '@jest/globals';
import { frameBytesMax, frameOf, routedDocument } from '../../src/routed-document.ts';
import { judgeLimits } from '../../src/validation/index.ts';

function documentOf(beginning: string, form: string): string {
  const frame = frameOf(Buffer.from(beginning, 'latin1'));
  return Buffer.concat([...routedDocument(frame, Buffer.from(form, 'latin1'))]).toString('latin1');
}

describe('one declaration as a document', () => {
  it('has the declaration and the root of its file around its own bytes', () => {
    const beginning = '<?xml version="1.0" encoding="UTF-8"?>\n<ZIMA001 xmlns="urn:x">\n<Form>';

    expect(documentOf(beginning, '<Form>\n  <A>1</A>\n</Form>')).toBe(
      '<?xml version="1.0" encoding="UTF-8"?>\n<ZIMA001 xmlns="urn:x">\n<Form>\n  <A>1</A>\n</Form>\n</ZIMA001>\n',
    );
  });

  it('keeps the encoding of its file, byte for byte', () => {
    const beginning = '<?xml version="1.0" encoding="ISO-8859-1"?><R><Form>';

    expect(documentOf(beginning, '<Form>\u00e9</Form>')).toContain(
      '<R>\n<Form>\u00e9</Form>\n</R>',
    );
  });

  it('is not misled by comments, quotes and a mark before the root', () => {
    const beginning =
      '\u00EF\u00BB\u00BF<?xml version="1.0"?>\n<!-- <NotTheRoot> -->\n<?pi <x> ?>\n<p:R a=">" xmlns:p=\'urn:"\'><p:Form>';

    expect(documentOf(beginning, '<p:Form/>')).toBe(
      '\u00EF\u00BB\u00BF<?xml version="1.0"?>\n<p:R a=">" xmlns:p=\'urn:"\'>\n<p:Form/>\n</p:R>\n',
    );
  });

  it('is made of every file that the limits of validation let in', () => {
    const { prologBytesMax, tagBytesMax } = judgeLimits;
    const prolog = `<!--${'x'.repeat(prologBytesMax - 7)}-->`;
    const tag = `<R a="${'x'.repeat(tagBytesMax - 7)}">`;

    const beginning = `${prolog}${tag}`.slice(0, frameBytesMax);

    expect(documentOf(beginning, '<Form/>')).toBe(`${tag}\n<Form/>\n</R>\n`);
  });

  it.each([[''], ['text'], ['<R/>'], ['<?xml version="1.0"?>'], ['<!-- open']])(
    'is not made of a file that begins with %j',
    (beginning) => {
      expect(() => frameOf(Buffer.from(beginning))).toThrow(/gateway\.defect/);
    },
  );
});
