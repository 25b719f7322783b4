import { openPartners, type Partners, type PartnerTools } from './channels/index.ts';
import type { Office } from './compose.ts';
import { identityKeys, sealedBox } from './identity/index.ts';
import { isSchedule, latestSlot, nextSlot } from './schedule.ts';
import { partnerStore } from './storage/index.ts';

/** What the register of partners and their channel work with. */
export async function partnerTools(office: Office): Promise<PartnerTools> {
  const { settings, clock, journal, database } = office;
  const keys = await identityKeys(settings.keys);
  return {
    store: partnerStore(database.knex),
    box: sealedBox(keys.key('partner-seal')),
    schedules: { isSchedule, latestSlot, nextSlot },
    ...{ clock, journal },
  };
}

/** The register of partners' SFTP servers: for commands, and for the API. */
export async function partnerRegister(office: Office): Promise<Partners> {
  return openPartners(await partnerTools(office));
}
