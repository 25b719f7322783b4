import type { Office } from '../compose.ts';
import { expiring, expiryThresholdsDays } from '../expiry.ts';
import type { HealthCheck, Verdict } from '../operations/index.ts';
import { partnerRegister } from '../partner-register.ts';
import { outboxState } from '../storage/index.ts';

const nearDays = 14;

/** One line for all that ends soon; the list is behind a command of its own. */
export function expiryCheck(office: Office): HealthCheck {
  return {
    name: 'expiring',
    async run(): Promise<Verdict> {
      const at = office.clock.now();
      const withinDays = expiryThresholdsDays[0];
      const items = await expiring(office, { at, withinDays });
      const near = items.filter(({ days }) => days < nearDays).length;
      const says = `${String(items.length)} within ${String(withinDays)} days, ${String(near)} within ${String(nearDays)}`;
      if (near === 0) return { state: 'ok', says };
      return { state: 'warning', says, remedy: '`sluis channel expiring` lists them' };
    },
  };
}

const waitingMsMax = 60 * 60_000;

/** Parcels that were given up, or that wait for long: a destination is away, or a channel is off. */
export function outboxCheck({ database, clock }: Office): HealthCheck {
  return {
    name: 'outbox',
    async run(): Promise<Verdict> {
      const { waiting, dead, oldest } = await outboxState(database.knex);
      const says = `${String(waiting)} parcels wait, ${String(dead)} were given up`;
      if (dead > 0) {
        const remedy = '`sluis log --level error` names them; sluis replay TICKET revives them';
        return { state: 'warning', says, remedy };
      }
      const late = oldest !== undefined && clock.now().getTime() - oldest.getTime() > waitingMsMax;
      if (!late) return { state: 'ok', says };
      const remedy = `the oldest waits since ${oldest.toISOString()}: is its channel switched on?`;
      return { state: 'warning', says, remedy };
    },
  };
}

/** Partners that are left alone, because they failed again and again. */
export function partnersCheck(office: Office): HealthCheck {
  return {
    name: 'partners',
    async run(): Promise<Verdict> {
      const register = await partnerRegister(office);
      const partners = await register.list();
      const open = partners.filter(
        ({ state, circuit }) => state === 'active' && circuit.openUntil !== undefined,
      );
      const says = `${String(partners.length)} partners, ${String(open.length)} with an open circuit`;
      if (open.length === 0) return { state: 'ok', says };
      const lines = open.map(({ name, circuit }) => `${name} (${circuit.reason ?? 'unknown'})`);
      const remedy = `sluis partner test says where it fails: ${lines.join(', ')}`;
      return { state: 'warning', says, remedy };
    },
  };
}
