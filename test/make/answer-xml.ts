import { XMLParser } from 'fast-xml-parser';

/** Reads an answer the way a client would: by the names of its elements. */
export interface AnswerXml {
  /** The texts of all elements of a name, in document order. */
  text(name: string): readonly string[];
  /** The forms, each to be asked in the same way. */
  forms(): readonly AnswerXml[];
}

interface Element {
  readonly name: string;
  readonly text: string;
  readonly children: readonly Element[];
}

type Parsed = Readonly<Record<string, unknown>>;

const parser = new XMLParser({
  preserveOrder: true,
  parseTagValue: false,
  ignoreDeclaration: true,
});

export function xmlOf(document: string): AnswerXml {
  return asked((parser.parse(document) as Parsed[]).flatMap(elementOf));
}

function elementOf(parsed: Parsed): Element[] {
  const name = Object.keys(parsed).find((key) => key !== ':@') ?? '';
  if (name === '' || name === '#text') return [];
  const inner = parsed[name] as Parsed[];
  const text = inner.map((one) => (one['#text'] as string | undefined) ?? '').join('');
  return [{ name, text, children: inner.flatMap(elementOf) }];
}

function asked(elements: readonly Element[]): AnswerXml {
  const all = (list: readonly Element[]): readonly Element[] =>
    list.flatMap((one) => [one, ...all(one.children)]);
  const named = (name: string): readonly Element[] =>
    all(elements).filter((one) => one.name === name);
  return {
    text: (name) => named(name).map(({ text }) => text),
    forms: () => named('Form').map((form) => asked(form.children)),
  };
}
