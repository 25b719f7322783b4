import type { MailboxRefused, RefusalStatus } from '../channels/index.ts';

/** A refusal that the client may read. */
export class Refused extends Error implements MailboxRefused {
  override readonly name = 'Refused';
  readonly refusal: { readonly status: RefusalStatus; readonly text: string };

  constructor(status: RefusalStatus, text: string) {
    super(text);
    this.refusal = { status, text };
  }
}
