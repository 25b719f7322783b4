import { Failure, failureOf, type Clock, type Environment } from '../../vocabulary/index.ts';
import type { Outlet, Parcel } from '../contract.ts';
import type { CircuitBreaker } from './circuit.ts';
import { openPartnerLink, type LinkDeadlines, type PartnerLink } from './partner-link.ts';
import { addressOf } from './partners.ts';
import { pushFile } from './push-file.ts';
import type { PartnerRow, PartnerStore, SecretBox } from './ports.ts';

export interface RemoteOutletOptions {
  readonly store: Pick<PartnerStore, 'forDestination'>;
  readonly box: SecretBox;
  readonly clock: Clock;
  readonly circuit: CircuitBreaker;
  readonly deadlines?: Partial<LinkDeadlines>;
  /** A connection nothing goes over is let go after so long. */
  readonly idleMs?: number;
}

const idleMsUsual = 5_000;
/** The register is asked again after so long: a partner suspended meanwhile is brought nothing. */
const partnerKeptMs = 1_000;
const partnersKeptMax = 10_000;

/**
 * Brings parcels to partners' servers. Parcels for one partner at one time share a connection; the
 * next group gets a new one.
 */
export function sftpRemoteOutlet(o: RemoteOutletOptions): Outlet {
  const groups = new Map<string, Group>();
  const partners = keptPartners(o.store);
  let closed = false;

  function groupOf(partner: PartnerRow): Group {
    const known = groups.get(partner.id);
    if (known !== undefined && !known.isOver()) return known;
    const group = openGroup(o, partner, () => {
      if (groups.get(partner.id) === group) groups.delete(partner.id);
    });
    groups.set(partner.id, group);
    return group;
  }

  return {
    async deliver(parcel, signal) {
      if (closed) throw new Failure('channel.unreachable', { reason: 'the outlet is closed' });
      const partner = await partners.find(parcel.sender ?? parcel.recipient ?? '');
      const directory = partner?.push[parcel.environment satisfies Environment];
      if (partner === undefined || directory === undefined) {
        const { environment, sender = '', recipient = '' } = parcel;
        throw new Failure('channel.no-partner', { environment, sender, recipient });
      }
      const group = groupOf(partner);
      return group.use(signal, (link) => bring(link, { partner, directory, parcel, signal }));
    },
    async close() {
      closed = true;
      await Promise.all([...groups.values()].map((group) => group.close()));
    },
  };
}

async function bring(
  link: PartnerLink,
  o: {
    readonly partner: PartnerRow;
    readonly directory: string;
    readonly parcel: Parcel;
    readonly signal: AbortSignal;
  },
): Promise<{ readonly reference: string }> {
  const { partner, directory, parcel, signal } = o;
  for (const part of parcel.files) {
    const { readBack } = partner;
    await pushFile(link, { directory, part, readBack, repeated: parcel.attempt > 1, signal });
  }
  const last = parcel.files.at(-1)?.name ?? '';
  return { reference: `${partner.name}:${directory}/${last}` };
}

interface Group {
  use<T>(signal: AbortSignal, work: (link: PartnerLink) => Promise<T>): Promise<T>;
  /** Its connection is gone or was let go: nothing new may join. */
  isOver(): boolean;
  close(): Promise<void>;
}

function openGroup(o: RemoteOutletOptions, partner: PartnerRow, over: () => void): Group {
  const { circuit, box, deadlines = {}, idleMs = idleMsUsual } = o;
  let link: PartnerLink | undefined;
  let ended = false;
  let blamed = false;
  let praised = false;
  let users = 0;
  let idle: NodeJS.Timeout | undefined;
  const opening = open();
  // Everyone who joined meets the rejection; until somebody does, nobody has to.
  opening.catch(() => undefined);

  async function open(): Promise<PartnerLink> {
    await circuit.admit(partner);
    return openPartnerLink(addressOf(box, partner), { deadlines });
  }

  function end(): void {
    ended = true;
    clearTimeout(idle);
    over();
  }

  /** One connection that fails is one failure, however many parcels it carried. */
  async function blame(failure: Failure): Promise<void> {
    // After trouble the next parcels get a new connection; those under way may end over this one.
    end();
    if (blamed) return;
    blamed = true;
    await circuit.failed(partner, failure);
  }

  async function praise(): Promise<void> {
    if (praised && !blamed) return;
    praised = true;
    blamed = false;
    await circuit.worked(partner);
  }

  async function close(): Promise<void> {
    end();
    // A connection that never came about was told to those who waited for it.
    await (await opening.catch(() => undefined))?.close();
  }

  return {
    isOver: () => ended || link?.lost === true,
    close,
    async use(signal, work) {
      users += 1;
      clearTimeout(idle);
      // Others go on over the connection; a request that hangs is ended by its own deadline.
      const cut = (): void => {
        if (users === 1) void close();
      };
      signal.addEventListener('abort', cut, { once: true });
      try {
        link = await opening;
        const result = await work(link);
        await praise();
        return result;
      } catch (error) {
        const failure = failureOf(error);
        if (!signal.aborted) await blame(failure);
        throw failure;
      } finally {
        signal.removeEventListener('abort', cut);
        users -= 1;
        if (users === 0 && ended) await close();
        else if (users === 0) {
          idle = setTimeout(() => {
            void close();
          }, idleMs);
          idle.unref();
        }
      }
    },
  };
}

interface KeptPartners {
  find(number: string): Promise<PartnerRow | undefined>;
}

/** The register's answers, kept for a moment: thousands of parcels go to one partner. */
function keptPartners(store: RemoteOutletOptions['store']): KeptPartners {
  const kept = new Map<
    string,
    { readonly at: number; readonly row: Promise<PartnerRow | undefined> }
  >();
  return {
    find(number) {
      const now = performance.now();
      const known = kept.get(number);
      if (known !== undefined && now - known.at < partnerKeptMs) return known.row;
      if (kept.size >= partnersKeptMax) kept.clear();
      const row = store.forDestination(number);
      // Whoever asked meets the failure; the next one asks again.
      row.catch(() => kept.delete(number));
      kept.set(number, { at: now, row });
      return row;
    },
  };
}
