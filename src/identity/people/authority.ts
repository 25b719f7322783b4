import { Failure } from '../../vocabulary/index.ts';
import type { Action } from './actions.ts';
import type { Audit } from './audit.ts';
import type { Caller } from './caller.ts';
import { mayEver, permits, sees } from './permits.ts';
import type { Target } from './permits.ts';

/** Asks the matrix on behalf of every act, and writes down what it refuses. */
export interface Authority {
  /**
   * Returns when the caller may. `what` names the target for the audit trail, `person <id>`;
   * `exists` is false for an identifier that leads nowhere, which is answered as one out of sight.
   *
   * @throws Failure `access.denied` (facts `action`, `rule`), or `registration.unknown` when the
   * caller may not even know about the target. Both leave `authz_fail` in the trail.
   */
  demand(caller: Caller, action: Action, target: Target & Named): Promise<void>;
  /**
   * Refuses an act that the role allows but a guard does not.
   *
   * @throws Failure `access.guard` (facts `action`, `rule`), with `authz_fail` in the trail
   */
  forbid(caller: Caller, action: Action, o: Named & { readonly rule: string }): Promise<never>;
}

interface Named {
  readonly what: string;
}

export function openAuthority({ audit }: { readonly audit: Audit }): Authority {
  const refused = (
    caller: Caller,
    action: Action,
    o: Target & Named,
    rule: string,
  ): Promise<void> =>
    audit.record(caller, {
      event: 'authz_fail',
      action,
      target: o.what,
      result: 'refused',
      enterprise: o.enterprise,
      qualityId: o.qualityId,
      after: { rule },
    });
  return {
    async demand(caller, action, target) {
      const permission = permits(caller, action, target);
      if (permission.allowed) return;
      await refused(caller, action, target, permission.rule);
      const { what } = target;
      // What the role can do nowhere is refused alike whether or not the target is there.
      const hidden = !sees(caller, target);
      const isSomebody = target.personId !== undefined;
      if (hidden && (isSomebody || mayEver(caller.role, action))) {
        throw new Failure('registration.unknown', { what: what.split(' ')[0] ?? what });
      }
      throw new Failure('access.denied', { action, rule: permission.rule });
    },
    async forbid(caller, action, { what, rule }) {
      await refused(caller, action, { what }, rule);
      throw new Failure('access.guard', { action, rule });
    },
  };
}
