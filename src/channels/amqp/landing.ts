import { createHash } from 'node:crypto';
import type { Environment } from '../../vocabulary/index.ts';
import { fault } from './header.ts';
import type { Piece } from './message.ts';
import { directoryOf } from './names.ts';
import type { AmqpAccount, AmqpStore } from './ports.ts';

/**
 * What became of a message's files. `conflict`: another message of the same key is known, and a file
 * of this name still waits, so that the refusal cannot be told under that name.
 */
export type Landed = 'landed' | 'repeated' | 'conflict';

/**
 * Lands the files of one message, each durable before the next: resolves when the message may be
 * acknowledged. A repetition lands nothing; one by its
 * sender has the answers brought again.
 */
export async function landPieces(
  store: AmqpStore,
  o: {
    readonly account: AmqpAccount;
    readonly environment: Environment;
    readonly pieces: readonly Piece[];
    /** The broker gives it for the second time: its sender asked for nothing again. */
    readonly redelivered: boolean;
  },
): Promise<Landed> {
  let outcome: Landed = 'repeated';
  for (const piece of o.pieces) {
    const { senderNumber } = o.account;
    const known = await store.messages.find(senderNumber, piece.note.messageKey);
    if (known === undefined) {
      await land(store, o, piece);
      outcome = 'landed';
    } else if (known.sha256 === sha256Of(piece.content)) {
      if (!o.redelivered) await store.messages.answerAgain(known.fileId);
    } else {
      return refuseRepeat(store, o, piece);
    }
  }
  return outcome;
}

function sha256Of(content: Buffer): string {
  return createHash('sha256').update(content).digest('hex');
}

async function land(
  store: AmqpStore,
  o: { readonly account: AmqpAccount; readonly environment: Environment },
  { name, content, note }: Piece,
): Promise<void> {
  await store.land({
    ...{ account: o.account, directory: directoryOf(o.environment), name, content, note },
  });
}

/** The header came before with other content: refused (133) under its name, when that is free. */
async function refuseRepeat(
  store: AmqpStore,
  o: { readonly account: AmqpAccount; readonly environment: Environment },
  piece: Piece,
): Promise<Landed> {
  const directory = directoryOf(o.environment);
  if (await store.isWaiting(o.account, directory, piece.name)) return 'conflict';
  const faults = [fault('133', 'the same message header came before, with other content')];
  const messageKey = `${piece.note.messageKey}/${sha256Of(piece.content)}`;
  const known = await store.messages.find(o.account.senderNumber, messageKey);
  if (known !== undefined) return 'repeated';
  await land(store, o, { ...piece, note: { messageKey, faults } });
  return 'landed';
}
