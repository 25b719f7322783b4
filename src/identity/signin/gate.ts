import { Failure } from '../../vocabulary/index.ts';
import type { Action } from '../people/actions.ts';
import type { Authority } from '../people/authority.ts';
import type { Caller, Role } from '../people/caller.ts';
import { permits } from '../people/permits.ts';
import type { Place, SignInAct, SignInGate, SignInStore } from './ports.ts';

const actionOf: Readonly<Record<SignInAct, Action>> = {
  'password.reset': 'user.reset-password',
  'lock.release': 'login.unlock',
  'second-factor.reset': 'second-factor.reset',
  'session.end': 'session.end',
  'certificate.withdraw': 'certificate.withdraw',
  'case.list': 'case.manage',
  'case.close': 'case.manage',
};

/**
 * Which right it takes to touch somebody in a role: whoever may not manage the role may not touch its
 * holder's way in either. `codes.issue` is the help desk's.
 */
const manages: Readonly<Record<Role, Action>> = {
  USR: 'user.edit',
  COAM: 'coam.manage',
  AM: 'am.appoint',
  CUR: 'am.appoint',
  COCAM: 'cocam.edit',
  CAM: 'cam.appoint',
  LR: 'codes.issue',
  SP: 'codes.issue',
  REP: 'codes.issue',
  HD: 'codes.issue',
  OP: 'codes.issue',
};

/** Asks the matrix about acts upon somebody's way in, at the place where the caller reaches him. */
export function signInGate(o: {
  readonly authority: Authority;
  readonly store: Pick<SignInStore, 'persons'>;
}): SignInGate {
  const { authority, store } = o;
  return {
    async require(caller, act, { personId }) {
      const action = actionOf[act];
      if (personId === undefined) {
        await authority.demand(caller, action, { what: 'case' });
        return;
      }
      const what = `person ${personId}`;
      if (caller.personId === personId) {
        await authority.forbid(caller, action, { what, rule: 'own-account' });
      }
      const places = await store.persons.places(personId);
      if (places.length === 0) throw new Failure('registration.unknown', { what: 'person' });
      const { place, asked } = reachOf(caller, action, places);
      const { enterprise, qualityId } = place;
      for (const one of asked) {
        await authority.demand(caller, one, { what, personId, enterprise, qualityId });
      }
    },
  };
}

/** The place where everything asked is allowed, or else the nearest, for the refusal to speak of. */
function reachOf(
  caller: Caller,
  action: Action,
  places: readonly Place[],
): { readonly place: Place; readonly asked: readonly Action[] } {
  const all = caller.role === 'HD' || caller.role === 'operator';
  const wishes = places.map((place) => ({
    place,
    asked: all ? [action] : [action, manages[place.role]],
  }));
  const allowed = wishes.find(({ place, asked }) =>
    asked.every((one) => permits(caller, one, place).allowed),
  );
  const near = wishes.find(({ place }) => place.enterprise === caller.enterprise);
  return allowed ?? near ?? wishes[0] ?? { place: { role: 'USR' }, asked: [action] };
}
