import { failures, type FailureCode } from '../vocabulary/index.ts';

/** Exit codes of every command; scripts rely on them. */
export const exits = {
  done: 0,
  no: 1,
  usage: 2,
  unreachable: 3,
  notAllowed: 4,
  defect: 70,
} as const;

const byCode: Partial<Record<FailureCode, number>> = {
  'settings.invalid': exits.usage,
  'cli.usage': exits.usage,
  'cli.unreadable': exits.usage,
  'storage.embedded': exits.unreachable,
  'storage.newer-schema': exits.unreachable,
  'storage.unavailable': exits.unreachable,
  'storage.disk-full': exits.unreachable,
  'channel.listen': exits.unreachable,
  'sender.refused': exits.notAllowed,
  'access.denied': exits.notAllowed,
  'gateway.defect': exits.defect,
};

const byBlame = {
  sender: exits.notAllowed,
  partner: exits.unreachable,
  operator: exits.no,
  gateway: exits.defect,
} as const;

/** The exit code of a failure: named above, else by who has to act. */
export function exitCodeOf(code: FailureCode): number {
  return byCode[code] ?? byBlame[failures[code].blame];
}
