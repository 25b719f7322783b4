import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { findBatch, hastenEboxParcels, openMailbox, showBatch } from '../../src/storage/index.ts';
import { admitSchemaPack } from '../../src/validation/index.ts';
import {
  parseSenderNumber,
  type EnterpriseNumber,
  type SenderNumber,
} from '../../src/vocabulary/index.ts';
import { aSet, eventually, registerSecretariat, type TestSecretariat } from '../make/exchange.ts';
import { medcEmployer, medcFile } from '../make/medc-file.ts';
import { portalHouse, type House, type PortalHouse } from '../make/portal-house.ts';

/** The official schema is no part of the project; without it declarations of another type stand in. */
const schema = resolve(
  import.meta.dirname,
  '../../../shared/official/schemas',
  'ZIMA001_20231.xsd',
);
const present = existsSync(schema);

let house: PortalHouse;
let secretariat: TestSecretariat;

beforeAll(async () => {
  house = await portalHouse({
    start: '2023-02-06T14:00:00Z',
    settings: {
      ...{ roles: 'worker,portal', threads: '1', settleMs: '500ms', pollIntervalMs: '50ms' },
    },
  });
  const { office, clock } = house;
  secretariat = await registerSecretariat(office, { clock, mandates: 500 });
  if (!present) return;
  const entry = new URL('../../dist/thread.js', import.meta.url);
  const files = [{ name: 'ZIMA001_20231.xsd', content: readFileSync(schema) }];
  await office.schemaPacks.add(await admitSchemaPack({ files, entry }), clock.now());
}, 300_000);
afterAll(() => house.close());

/** Hands a set in over SFTP's mailbox, its GO last, and waits for its notification. */
async function sent(
  content: string,
  o: { readonly type: string },
  from: TestSecretariat = secretariat,
): Promise<string> {
  const { office, clock } = house;
  const set = aSet(from, content, { ...o, date: '20230206' });
  const mailbox = openMailbox({
    account: {
      ...{ id: from.accountId, username: from.username },
      senderNumber: senderNumberOf(from),
    },
    ...{ knex: office.database.knex, blobs: office.blobs, clock, channel: 'sftp' },
    // Of a node that lives: uploads of others are given up by the next look for the dead.
    ...{ nodeId: house.nodeId, fileBytesMax: office.settings.fileBytesMax },
  });
  for (const [name, file] of Object.entries(set.files)) {
    const wish = { directory: 'IN', name, truncate: true, exclusive: false } as const;
    const upload = await mailbox.create(wish);
    const data = Buffer.from(file);
    if (data.length > 0) await upload.write({ at: 0, data });
    await upload.land();
  }
  await eventually(async () => {
    const { state } = await shownBatch(set.go);
    return ['NOTIFIED', 'REFUSED'].includes(state) ? true : undefined;
  }, `the verdict on ${set.go}`);
  return set.go;
}

function senderNumberOf({ sender }: TestSecretariat): SenderNumber {
  const number = parseSenderNumber(sender);
  if (number === undefined) throw new Error(`${sender} is no sender number`);
  return number;
}

async function shownBatch(go: string): ReturnType<typeof showBatch> {
  const { knex } = house.office.database;
  return showBatch(knex, await findBatch(knex, go), 100);
}

async function boxed(): Promise<House> {
  const made = await house.enterprise();
  await house.office.identity.enterpriseAccess.activateEbox(house.operator, made.number);
  return made;
}

/** An information sheet for the sickness fund. */
function informationSheet(employer: EnterpriseNumber): string {
  return `<?xml version="1.0" encoding="UTF-8"?>
<ZIMA001 xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:noNamespaceSchemaLocation="ZIMA001_20231.xsd">
 <Form>
  <Identification>ZIMA001</Identification>
  <FormCreationDate>2023-02-06</FormCreationDate>
  <FormCreationHour>14:00:00.000</FormCreationHour>
  <AttestationStatus>0</AttestationStatus>
  <TypeForm>SU</TypeForm>
  <CoordinatesContactPerson/>
  <DclInformation><LanguageCodePdf>2</LanguageCodePdf></DclInformation>
  <RiskDetail><RiskStartingDate>2023-01-30</RiskStartingDate></RiskDetail>
  <EmployerDeclaration>
   <Quarter>20231</Quarter>
   <NOSSRegistrationNbr>0</NOSSRegistrationNbr>
   <Trusteeship>0</Trusteeship>
   <CompanyID>${employer}</CompanyID>
   <NaturalPerson>
    <NaturalPersonSequenceNbr>1</NaturalPersonSequenceNbr>
    <INSS>85073003328</INSS>
   </NaturalPerson>
  </EmployerDeclaration>
 </Form>
</ZIMA001>
`;
}

type Documents = readonly {
  readonly id: string;
  readonly files: readonly { readonly name: string }[];
}[];

const suite = present ? describe : describe.skip;

suite(present ? 'a declaration of social risk' : 'a declaration (skipped: no schema here)', () => {
  it('is routed into the e-Box of its employer, downloaded there and then read', async () => {
    const employer = await boxed();
    const mandate = { mandatary: secretariat.enterprise, object: 'ZIMA', by: 'test' };
    const wish = { ...mandate, mandator: employer.number, from: '2020Q1' };
    await house.office.mandates.add(wish);
    const { knex } = house.office.database;
    // The employer has chosen: its own e-Box, whoever declares for it.
    await knex('routing_rule').insert({
      ...{ enterprise: employer.number, message_type: 'ZIMA', from_quarter: 20201 },
      ...{ recipient: employer.number, channel: 'ebox' },
    });
    const content = informationSheet(employer.number);

    const go = await sent(content, { type: 'ZIMA' });
    const am = await house.enter(employer.people.AM);
    const [document] = await eventually(async () => {
      const { body } = await am.get('/ebox/documents?unread=true');
      const found = body['items'] as Documents;
      return found.length > 0 ? found : undefined;
    }, 'the document');
    const path = `/ebox/documents/${document?.id ?? ''}`;
    const name = document?.files[0]?.name ?? '';
    const file = await am.get(`${path}/files/${name}`);
    const { body: after } = await am.get(path);

    const form = (text: string): string =>
      text.slice(text.indexOf('<Form>'), text.indexOf('</Form>'));
    expect(name).toMatch(/^FO\.ROUT\./);
    expect(form(file.text)).toBe(form(content));
    expect(after).toMatchObject({
      ...{ type: 'routed-declaration', messageType: 'ZIMA', environment: 'R', read: true },
      ...{ protection: 2, application: 'social-risk', firstReadBy: employer.people.AM.username },
      sender: { name: 'Secretariat', enterprise: secretariat.enterprise },
      titles: { fr: expect.stringMatching(/^Déclaration de risque social ZIMA001 \(S\w{12}\)$/) },
    });
    const delivered = await eventually(async () => {
      const { parcels } = await shownBatch(go);
      const parcel = parcels.find(({ kind }) => kind === 'ROUT');
      return parcel?.state === 'DELIVERED' ? parcel : undefined;
    }, 'the mark of the parcel');
    expect(delivered).toMatchObject({ channel: 'ebox', to: employer.number });
  });

  it('waits in the outbox while the e-Box is not active, and arrives when it is', async () => {
    const employer = await house.enterprise();
    const mandate = { mandatary: secretariat.enterprise, object: 'ZIMA', by: 'test' };
    const wish = { ...mandate, mandator: employer.number, from: '2020Q1' };
    await house.office.mandates.add(wish);
    const { knex } = house.office.database;
    await knex('routing_rule').insert({
      ...{ enterprise: employer.number, message_type: 'ZIMA', from_quarter: 20201 },
      ...{ recipient: employer.number, channel: 'ebox' },
    });

    const go = await sent(informationSheet(employer.number), { type: 'ZIMA' });
    const waiting = await eventually(async () => {
      const { parcels } = await shownBatch(go);
      const parcel = parcels.find(({ kind }) => kind === 'ROUT');
      return parcel?.lastError === 'channel.no-ebox' ? parcel : undefined;
    }, 'the failure of the parcel');
    await house.office.identity.enterpriseAccess.activateEbox(house.operator, employer.number);
    await hastenEboxParcels(knex);
    const am = await house.enter(employer.people.AM);
    const documents = await eventually(async () => {
      const { body } = await am.get('/ebox/documents');
      const found = body['items'] as Documents;
      return found.length > 0 ? found : undefined;
    }, 'the document');

    expect(waiting).toMatchObject({ channel: 'ebox', state: 'PENDING' });
    expect(documents).toHaveLength(1);
  });
});

describe('the answers of a sender who chose the e-Box', () => {
  it('are documents of the quality its sender number belongs to, and once', async () => {
    const { office, clock } = house;
    const own = await registerSecretariat(office, { clock, mandates: 0, sender: '777001' });
    const { enterprise, sender } = own;
    await office.identity.enterpriseAccess.activateEbox(house.operator, enterprise);
    const actor = { by: 'test' };
    await office.identity.channels.setAnswers({ sender, channel: 'ebox', actor });
    const content = medcFile([{ employer: medcEmployer(1) }]);

    const go = await sent(content, { type: 'MEDC' }, own);
    const { knex } = office.database;
    const delivered = await eventually(async () => {
      const { parcels } = await shownBatch(go);
      return parcels.every(({ state }) => state === 'DELIVERED') ? parcels : undefined;
    }, 'the answers');

    const rows: { type: string; quality: string }[] = await knex('ebox_document')
      .join('quality', 'quality.id', 'ebox_document.quality_id')
      .where({ enterprise })
      .orderBy('published_at')
      .select('ebox_document.type', 'quality.type as quality');
    expect(delivered.map(({ channel }) => channel)).toEqual(delivered.map(() => 'ebox'));
    expect(new Set(rows.map(({ quality }) => quality))).toEqual(new Set(['social-secretariat']));
    expect(rows.map(({ type }) => type)).toEqual(
      expect.arrayContaining(['receipt', 'notification']),
    );
    expect(rows).toHaveLength(delivered.length);
  });
});
