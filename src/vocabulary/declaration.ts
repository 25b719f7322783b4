import type { Finding } from './finding.ts';

/** The five fields that open every form, as text, exactly as the sender wrote them. */
export interface FormHeader {
  readonly identification: string;
  readonly creationDate: string;
  readonly creationHour: string;
  readonly attestationStatus: string;
  readonly typeForm: string;
}

/** An employer as the message names it; the number is as written, without leading-zero repair. */
export interface EmployerRef {
  readonly kind: 'KBO' | 'NSSO' | 'PPL';
  readonly number: string;
}

/**
 * What a message type reads from one form for the stages after it. Plain data: it crosses threads
 * and is stored as JSON, so amounts are decimal strings here.
 */
export interface Extract {
  readonly employers: readonly EmployerRef[];
  /** YYYYQ the mandate is looked up for; undefined = the quarter of reception. */
  readonly quarter?: number;
  /** INSZ of the persons concerned, at most the first 100. */
  readonly persons: readonly string[];
  /** The declarant's own reference (type 1, origin 1), echoed in the notification. */
  readonly reference?: string;
  /** Equal keys within a batch are duplicates of one another; empty = never a duplicate. */
  readonly keys: readonly string[];
  /** Whatever the type's own calculation or routing needs. */
  readonly data: Readonly<Record<string, unknown>>;
}

/** One form of the file after validation. */
export interface JudgedForm {
  /** Place in the file, from 1, over all parts. */
  readonly number: number;
  /** Bytes of the form within its part. */
  readonly offset: number;
  readonly length: number;
  /** Line of the form's start tag in its part, from 1. */
  readonly line: number;
  readonly header: FormHeader;
  /** Absent when the form was too broken to be read. */
  readonly extract?: Extract;
  readonly findings: readonly Finding[];
}
