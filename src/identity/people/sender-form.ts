import { Failure } from '../../vocabulary/index.ts';
import type { Caller } from './caller.ts';
import { nameIn, openForm, type Form } from './form.ts';
import type { QualityRecord } from './qualities.ts';
import { act, isId, unknown } from './tools.ts';
import type { PeopleTools } from './tools.ts';

/** Where a sender can be written to. */
export interface SenderAddress {
  readonly street: string;
  readonly postalCode: string;
  readonly city: string;
  /** ISO 3166-1 alpha-2. */
  readonly country: string;
}

export interface SenderContact {
  readonly qualityId: string;
  readonly name: string;
  readonly address: SenderAddress;
  readonly confirmedAt: Date;
  readonly confirmedBy: string;
}

/** The form of a sender: what its people confirmed, or what is known of the enterprise until then. */
export interface SenderFormView {
  /** False: "the sender is not known in the system"; nothing is wrong, the form awaits its reader. */
  readonly known: boolean;
  readonly name: string;
  readonly address: SenderAddress;
  readonly confirmedAt?: Date;
}

export interface SenderForm {
  /** @throws Failure `access.denied`, `registration.unknown` (the quality) */
  show(caller: Caller, qualityId?: string): Promise<SenderFormView>;
  /** @throws Failure `registration.invalid`, `access.denied`, `registration.unknown` */
  confirm(
    caller: Caller,
    wish: {
      readonly qualityId?: string;
      readonly name: string;
      readonly address: SenderAddress;
    },
  ): Promise<SenderFormView>;
}

/** The first login of a sender: name and address are shown, corrected, and confirmed. */
export function openSenderForm(tools: PeopleTools): SenderForm {
  return {
    show: async (caller, qualityId) => viewOf(tools, await qualityFor(tools, caller, qualityId)),
    async confirm(caller, wish) {
      const quality = await qualityFor(tools, caller, wish.qualityId);
      const form = openForm();
      const name = nameIn(form, 'name', wish.name);
      const address = addressIn(form, wish.address);
      form.settle();
      await act(tools, caller, async ({ rows, at, note }) => {
        const before = await rows.senderContact(quality.id);
        const confirmed = { confirmedAt: at, confirmedBy: caller.name };
        await rows.saveSenderContact({ qualityId: quality.id, name, address, ...confirmed });
        note({
          ...{ event: 'authz_change', action: 'sender.confirm', target: `quality ${quality.id}` },
          ...{ enterprise: quality.enterprise, qualityId: quality.id },
          ...(before && { before: { name: before.name, ...before.address } }),
          after: { name, ...address },
        });
      });
      return viewOf(tools, quality);
    },
  };
}

async function qualityFor(
  tools: PeopleTools,
  caller: Caller,
  given: string | undefined,
): Promise<QualityRecord> {
  const id = given ?? caller.qualityId ?? '';
  const quality = isId(id) ? await tools.store.quality(id) : undefined;
  const { enterprise, qualityId } = quality === undefined ? caller : placeOf(quality);
  const what = `quality ${qualityId ?? '-'}`;
  try {
    await tools.authority.demand(caller, 'messages.manage', { enterprise, qualityId, what });
  } catch (error) {
    // A quality out of sight is answered as one that is not there.
    const elsewhere = quality !== undefined && quality.enterprise !== caller.enterprise;
    if (error instanceof Failure && elsewhere) throw unknown('quality');
    throw error;
  }
  if (quality === undefined) throw unknown('quality');
  return quality;
}

function placeOf({ enterprise, id }: QualityRecord): {
  readonly enterprise: string;
  readonly qualityId: string;
} {
  return { enterprise, qualityId: id };
}

async function viewOf({ store }: PeopleTools, quality: QualityRecord): Promise<SenderFormView> {
  const contact = await store.senderContact(quality.id);
  if (contact !== undefined) {
    const { name, address, confirmedAt } = contact;
    return { known: true, name, address, confirmedAt };
  }
  const enterprise = await store.enterpriseFacts(quality.enterprise);
  const { street = '', postalCode = '', city = '' } = enterprise?.address ?? {};
  const country = enterprise?.country ?? 'BE';
  return {
    known: false,
    name: enterprise?.name ?? '',
    address: { street, postalCode, city, country },
  };
}

const codeCharactersMax = 12;

function addressIn(form: Form, given: SenderAddress): SenderAddress {
  const postalCode = nameIn(form, 'address.postalCode', given.postalCode);
  if (postalCode.length > codeCharactersMax) form.fault('address.postalCode', 'too-long');
  const country = given.country.toUpperCase();
  if (!/^[A-Z]{2}$/.test(country)) form.fault('address.country', 'characters');
  return {
    street: nameIn(form, 'address.street', given.street),
    ...{ postalCode, city: nameIn(form, 'address.city', given.city), country },
  };
}
