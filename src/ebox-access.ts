import { openEboxes, type EboxAct, type Eboxes } from './channels/index.ts';
import type { Office } from './compose.ts';
import type { AuditEventName, Caller } from './identity/index.ts';
import { eboxStore } from './storage/index.ts';

const eventOf: Readonly<Record<EboxAct, AuditEventName>> = {
  'document.download': 'sensitive_read',
  'document.move': 'sensitive_update',
  'partition.create': 'authz_change',
  'partition.rename': 'authz_change',
  'partition.delete': 'authz_change',
  'partition.admit': 'privilege_permissions_changed',
  'partition.exclude': 'privilege_permissions_changed',
  'digest.choose': 'user_updated',
};

/** The e-Boxes for the portal: what is done in them stands in the audit trail. */
export function eboxDesk({ database, blobs, clock, identity }: Office): Eboxes<Caller> {
  return openEboxes<Caller>({
    ...{ store: eboxStore(database.knex), blobs, clock },
    trail: {
      record: (caller, { act, ...event }, trx) =>
        identity.audit.record(
          caller,
          { event: eventOf[act], action: `ebox.${act}`, ...event },
          trx,
        ),
    },
  });
}
