import { Failure } from '../../vocabulary/index.ts';
import { placeOf, prepareAppointment, reviewOfAppointment, writeAppointment } from './appoint.ts';
import type { Caller } from './caller.ts';
import { prepareChange, reviewOfChange, roleToChange, writeChange } from './change-state.ts';
import { sees } from './permits.ts';
import type { Done, Roles, RoleReview, RoleWish } from './roles.ts';
import { act, isId, unknown } from './tools.ts';
import type { PeopleTools, Work } from './tools.ts';

const kind = 'role';

/** Appointments and their ends, in two steps or in one. */
export function openRoles(tools: PeopleTools): Roles {
  return {
    async plan(caller, wish) {
      const review = await reviewed(tools, caller, wish);
      const sealed = { wish, ground: groundOf(review) };
      return { review, confirmation: tools.confirmations.seal(caller, kind, sealed) };
    },
    async confirm(caller, confirmation) {
      const { wish, ground } = tools.confirmations.open(caller, kind, confirmation);
      return carryOut(tools, caller, wish, ground);
    },
    carryOut: (caller, wish) => carryOut(tools, caller, wish),
    async show(caller, assignmentId) {
      const role = isId(assignmentId) ? await tools.store.role(assignmentId) : undefined;
      if (role === undefined || !sees(caller, role)) throw unknown('role');
      return role;
    },
  };
}

async function reviewed(tools: PeopleTools, caller: Caller, wish: RoleWish): Promise<RoleReview> {
  if (wish.act === 'appoint') {
    const place = await placeOf(tools, caller, wish);
    return reviewOfAppointment(
      await prepareAppointment(tools, caller, tools.store, { place, wish }),
    );
  }
  await roleToChange(tools, caller, wish);
  return reviewOfChange(await prepareChange(tools, caller, tools.store, wish));
}

/** Whom the act replaces, and who is meant: both could change between the two steps. */
function groundOf({ person, replaces }: RoleReview): string {
  return `${person.personId ?? 'new'} ${replaces?.personId ?? 'none'}`;
}

/**
 * Both steps. The matrix is asked before the transaction, since a refusal must stay in the trail;
 * everything else is checked within it, under the lock of the enterprise.
 */
async function carryOut(
  tools: PeopleTools,
  caller: Caller,
  wish: RoleWish,
  ground?: string,
): Promise<Done> {
  if (wish.act === 'appoint') {
    const place = await placeOf(tools, caller, wish);
    return act(tools, caller, async (work) => {
      await lock(work, place.enterprise);
      const prepared = await prepareAppointment(tools, caller, work.rows, {
        place: await refreshed(work, place),
        wish,
      });
      demandSame(reviewOfAppointment(prepared), ground);
      return writeAppointment(tools, caller, work, prepared);
    });
  }
  const { enterprise } = await roleToChange(tools, caller, wish);
  return act(tools, caller, async (work) => {
    await lock(work, enterprise);
    const prepared = await prepareChange(tools, caller, work.rows, wish);
    demandSame(reviewOfChange(prepared), ground);
    return writeChange(tools, caller, work, prepared);
  });
}

async function lock({ rows }: Work, enterprise: string | undefined): Promise<void> {
  if (enterprise !== undefined) await rows.lockEnterprise(enterprise);
}

async function refreshed<P extends Awaited<ReturnType<typeof placeOf>>>(
  { rows }: Work,
  place: P,
): Promise<P> {
  if (place.quality === undefined) return place;
  const quality = await rows.quality(place.quality.id);
  return quality === undefined ? place : { ...place, quality };
}

function demandSame(review: RoleReview, ground: string | undefined): void {
  if (ground === undefined || ground === groundOf(review)) return;
  throw new Failure('access.confirmation', { why: 'changed' });
}
