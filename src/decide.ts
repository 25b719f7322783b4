import type { Office } from './compose.ts';
import type { ChunkWork } from './decide-chunk.ts';
import type { Batch } from './ledger.ts';
import { messageTypes, type MessageType } from './messages/index.ts';
import type { RoutingContext } from './routing/index.ts';
import type { CopyTable } from './rows/index.ts';
import { partiesIn, type ValidationPool } from './validation/index.ts';
import { Failure, quarterOfInstant } from './vocabulary/index.ts';

export type Decide = (batch: Batch, judged: Uint8Array) => Promise<readonly CopyTable[]>;

/**
 * Step 4 of a batch's life: who may speak for the employer, where the declaration goes, and what it
 * costs. Look-ups first, one query each for the whole chunk; then a thread decides on its forms and
 * writes their rows.
 */
export function decider(
  office: Pick<Office, 'identity' | 'router'>,
  pool: Pick<ValidationPool, 'carry'>,
): Decide {
  return async (batch, judged) => {
    const type = messageTypes.get(batch.type);
    if (type === undefined) throw new Failure('gateway.defect', { type: batch.type });
    const context = await contextOf(office, batch, type);
    const asked = partiesIn(judged).map(({ employer, quarter }) => ({
      employers: [employer],
      ...(quarter === undefined ? {} : { quarter }),
    }));
    const lookedUp = await office.router.lookUp(asked, context);
    const { id: batchId, environment, root } = batch;
    const work: ChunkWork = {
      ...{ batchId, type: type.code, environment, judged, context, lookedUp },
      ...(root === undefined ? {} : { scenario: root }),
    };
    return (await pool.carry(work)) as readonly CopyTable[];
  };
}

async function contextOf(
  { identity }: Pick<Office, 'identity'>,
  batch: Batch,
  type: MessageType,
): Promise<RoutingContext> {
  const sender = await identity.senders.senderOf(batch.sender);
  if (sender === undefined) throw new Failure('registration.unknown', { sender: batch.sender });
  return {
    sender: sender.enterprise,
    receivedIn: quarterOfInstant(batch.receivedAt),
    mandateObject: type.mandateObject,
    messageType: type.code,
    socialRisk: type.socialRisk,
    environment: batch.environment,
  };
}
