import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Caller, Role, SignInAct } from '../../src/identity/index.ts';
import { openAudit, openAuthority, signInGate } from '../../src/identity/index.ts';
import { registrationStore } from '../../src/storage/index.ts';
import { signInHouse, type SignInHouse, type TestPerson } from '../make/sign-in.ts';

let house: SignInHouse;
let gate: ReturnType<typeof signInGate>;
beforeAll(async () => {
  house = await signInHouse();
  const { audit: store } = registrationStore(house.database.knex);
  const audit = openAudit({ store, clock: house.clock });
  gate = signInGate({ authority: openAuthority({ audit }), store: house.store });
});
afterAll(() => house.close());

function callerOf(person: TestPerson, role: Role): Caller {
  const place =
    role === 'HD'
      ? {}
      : {
          enterprise: person.enterprise,
          ...(role === 'AM' || role === 'COAM' || role === 'USR'
            ? { qualityId: person.qualityId }
            : {}),
        };
  return { name: role, role, personId: randomUUID(), source: 'test', language: 'nl', ...place };
}

async function may(caller: Caller, act: SignInAct, personId: string): Promise<string> {
  try {
    await gate.require(caller, act, { personId });
    return 'yes';
  } catch (error) {
    return (error as { readonly code: string }).code;
  }
}

describe('acts upon the way in of somebody else', () => {
  it.each([
    ['HD', 'CAM', 'yes'],
    ['HD', 'USR', 'yes'],
    ['CAM', 'COCAM', 'yes'],
    ['COCAM', 'COCAM', 'access.denied'],
    ['COCAM', 'CAM', 'access.denied'],
    ['CAM', 'AM', 'yes'],
    ['AM', 'COAM', 'yes'],
    ['COAM', 'COAM', 'access.denied'],
    ['COAM', 'USR', 'yes'],
    ['AM', 'USR', 'yes'],
    ['USR', 'USR', 'registration.unknown'],
  ] as const)('%s may reset the password of %s: %s', async (role, of, expected) => {
    const target = await house.person({ roles: [of] });

    expect(await may(callerOf(target, role), 'password.reset', target.id)).toBe(expected);
  });

  it('stop at the enterprise and the quality: others do not exist', async () => {
    const target = await house.person();
    const elsewhere = await house.person();

    for (const role of ['CAM', 'AM', 'COAM'] as const) {
      for (const act of ['password.reset', 'lock.release', 'session.end'] as const) {
        expect(await may(callerOf(elsewhere, role), act, target.id)).toBe('registration.unknown');
      }
    }
  });

  it('reset second factors at the help desk alone; locks are lifted by managers too (ACC-84)', async () => {
    const target = await house.person();

    expect(await may(callerOf(target, 'AM'), 'second-factor.reset', target.id)).toBe(
      'access.denied',
    );
    expect(await may(callerOf(target, 'HD'), 'second-factor.reset', target.id)).toBe('yes');
    expect(await may(callerOf(target, 'AM'), 'lock.release', target.id)).toBe('yes');
    expect(await may(callerOf(target, 'AM'), 'certificate.withdraw', target.id)).toBe('yes');
    expect(await may(callerOf(target, 'COAM'), 'certificate.withdraw', target.id)).toBe(
      'access.denied',
    );
  });

  it('are never upon oneself', async () => {
    const target = await house.person({ roles: ['HD'] });
    const self = { ...callerOf(target, 'HD'), personId: target.id };

    expect(await may(self, 'second-factor.reset', target.id)).toBe('access.guard');
  });

  it('know nobody who is not there', async () => {
    const target = await house.person();

    expect(await may(callerOf(target, 'HD'), 'lock.release', randomUUID())).toBe(
      'registration.unknown',
    );
  });
});
