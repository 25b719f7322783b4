import ssh2 from 'ssh2';
import { refusalOf } from '../refusal.ts';
import type { MailboxRefusal, RefusalStatus } from '../ports.ts';

const { STATUS_CODE } = ssh2.utils.sftp;

/** An answer that is no data: SSH_FX code (draft-ietf-secsh-filexfer-02, section 7) and a text. */
export interface Status {
  readonly code: number;
  readonly text: string;
}

const codes: Readonly<Record<RefusalStatus, number>> = {
  'no-such-file': STATUS_CODE.NO_SUCH_FILE,
  'permission-denied': STATUS_CODE.PERMISSION_DENIED,
  failure: STATUS_CODE.FAILURE,
  exists: STATUS_CODE.FAILURE,
  unsupported: STATUS_CODE.OP_UNSUPPORTED,
};

export const okStatus: Status = { code: STATUS_CODE.OK, text: '' };
export const endOfFile: Status = { code: STATUS_CODE.EOF, text: 'End of file' };
export const generic: Status = {
  code: STATUS_CODE.FAILURE,
  text: 'The gateway could not do this; try again later',
};

export const unsupported: Status = { code: STATUS_CODE.OP_UNSUPPORTED, text: 'Not supported' };

/** A refusal decided by the SFTP layer itself. */
export class Refused extends Error {
  override readonly name = 'Refused';
  readonly refusal: MailboxRefusal;

  constructor(status: RefusalStatus, text: string) {
    super(text);
    this.refusal = { status, text };
  }
}

const textCharactersMax = 200;

/** The status for an error that was meant for the client; undefined for a failure of ours. */
export function statusOf(thrown: unknown): Status | undefined {
  const refusal = refusalOf(thrown);
  if (refusal === undefined) return undefined;
  return { code: codes[refusal.status], text: refusal.text.slice(0, textCharactersMax) };
}
