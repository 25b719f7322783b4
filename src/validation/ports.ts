import type { Extract, Finding, FormHeader } from '../vocabulary/index.ts';
import type { SchemaPack } from './schema-pack.ts';
import type { XmlTree } from './xml-tree.ts';

/** Where the schemas are kept: the built-in ones, and those an operator installed. */
export interface SchemaPacks {
  /** The pack of that root and version that is valid on the legal date given, if there is one. */
  find(root: string, version: string, onDate: string): Promise<SchemaPack | undefined>;
}

/** What a business rule may know of the world: nothing but this, so that a verdict repeats. */
export interface JudgeContext {
  /** Legal date of reception, YYYY-MM-DD in Brussels. */
  readonly receivedOn: string;
  /** The sender is the authority itself: it alone may send office assessments. */
  readonly fromAuthority: boolean;
  /** Contribution years with parameters; absent = any year up to that of reception. */
  readonly contributionYears?: readonly ContributionYear[];
}

/** A year that contributions can be computed for; its threshold in euro cents, where it has one. */
export interface ContributionYear {
  readonly year: number;
  readonly thresholdCents?: string;
}

/** One form, well-formed, as a message type reads it. Nodes are those of `tree`. */
export interface FormView {
  readonly tree: XmlTree;
  /** The `Form` element itself. */
  readonly node: number;
  readonly header: FormHeader;
  /** Makes a finding about an element: adds its tag, value and place. */
  report(
    node: number,
    finding: Pick<Finding, 'code' | 'zone' | 'anomalyClass' | 'detail'>,
  ): Finding;
}

/** What validation needs to know of a message type; `messages/` has one for each root. */
export interface FormReader {
  readonly identifications: readonly string[];
  /** Undefined when the form lacks what makes it readable. Must not throw for bad data. */
  read(form: FormView): Extract | undefined;
  /** Business rules; called for forms that satisfy their schema only. */
  check(form: FormView, context: JudgeContext): readonly Finding[];
}

/** The message type of a root element, or undefined: such a form gets a verdict but no extract. */
export type ReaderOf = (root: string) => FormReader | undefined;
