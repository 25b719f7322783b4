import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { explainDeclaration, findBatch } from '../../src/storage/index.ts';
import { admitSchemaPack } from '../../src/validation/index.ts';
import { enterpriseNumberOf, type EnterpriseNumber } from '../../src/vocabulary/index.ts';
import { xmlOf } from '../make/answer-xml.ts';
import { manualClock } from '../make/clock.ts';
import { anExchange, aSet, type Exchange } from '../make/exchange.ts';
import { verdictsOn } from '../make/schema-judges.ts';

/** The official schema is no part of the project; without it this file is skipped. */
const schema = resolve(
  import.meta.dirname,
  '../../../shared/official/schemas',
  'ZIMA001_20231.xsd',
);
const present = existsSync(schema);
const suite = present ? describe : describe.skip;

const clock = manualClock('2023-02-06T14:00:00Z');
const client = enterpriseNumberOf(4_100_001);
const newcomer = enterpriseNumberOf(4_100_002);
const former = enterpriseNumberOf(4_100_003);
const quarterly = enterpriseNumberOf(4_100_004);
let exchange: Exchange;

interface Risk {
  readonly employer: EnterpriseNumber;
  /** The day the risk began, and the quarter of the employer's block: not always the same one. */
  readonly startsOn: string;
  readonly quarter: string;
}

/** An information sheet for the sickness fund: one form for each risk. */
function informationSheets(risks: readonly Risk[]): string {
  const forms = risks.map(
    ({ employer, startsOn, quarter }, index) => `
 <Form>
  <Identification>ZIMA001</Identification>
  <FormCreationDate>2023-02-06</FormCreationDate>
  <FormCreationHour>14:00:00.${String(index).padStart(3, '0')}</FormCreationHour>
  <AttestationStatus>0</AttestationStatus>
  <TypeForm>SU</TypeForm>
  <CoordinatesContactPerson/>
  <DclInformation><LanguageCodePdf>2</LanguageCodePdf></DclInformation>
  <RiskDetail><RiskStartingDate>${startsOn}</RiskStartingDate></RiskDetail>
  <EmployerDeclaration>
   <Quarter>${quarter}</Quarter>
   <NOSSRegistrationNbr>0</NOSSRegistrationNbr>
   <Trusteeship>0</Trusteeship>
   <CompanyID>${employer}</CompanyID>
   <NaturalPerson>
    <NaturalPersonSequenceNbr>1</NaturalPersonSequenceNbr>
    <INSS>85073003328</INSS>
   </NaturalPerson>
  </EmployerDeclaration>
 </Form>`,
  );
  return `<?xml version="1.0" encoding="UTF-8"?>
<ZIMA001 xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:noNamespaceSchemaLocation="ZIMA001_20231.xsd">${forms.join('')}
</ZIMA001>
`;
}

async function sent(risks: readonly Risk[]): ReturnType<Exchange['batchOf']> {
  const set = aSet(exchange.secretariat, informationSheets(risks), {
    type: 'ZIMA',
    date: '20230206',
  });
  await exchange.hand(set.files);
  return exchange.batchOf(set.go);
}

suite(
  present ? 'declarations of social risk' : 'declarations of social risk (skipped: no schema here)',
  () => {
    beforeAll(async () => {
      exchange = await anExchange({ clock, mandates: 0 });
      const { mandates, schemaPacks } = exchange.office;
      const entry = new URL('../../dist/thread.js', import.meta.url);
      const files = [{ name: 'ZIMA001_20231.xsd', content: readFileSync(schema) }];
      await schemaPacks.add(await admitSchemaPack({ files, entry }), clock.now());
      const wish = { mandatary: exchange.secretariat.enterprise, object: 'ZIMA', by: 'test' };
      await mandates.add({ ...wish, mandator: client, from: '2020Q1' });
      await mandates.add({ ...wish, mandator: newcomer, from: '2023Q1' });
      await mandates.add({ ...wish, mandator: former, from: '2020Q1', to: '2022Q4' });
      await mandates.add({ ...wish, mandator: quarterly, object: 'DMFA', from: '2020Q1' });
    }, 300_000);
    afterAll(async () => {
      await exchange.close();
    });

    it('are routed by the default table: to the mandatary, or to the e-Box of who declares', async () => {
      const own = exchange.secretariat.enterprise;
      const batch = await sent([
        { employer: client, startsOn: '2023-01-30', quarter: '20231' },
        { employer: own, startsOn: '2023-01-30', quarter: '20231' },
      ]);

      const { knex } = exchange.office.database;
      const id = await findBatch(knex, batch.ticket);
      const routes = [
        (await explainDeclaration(knex, id, 1)).route,
        (await explainDeclaration(knex, id, 2)).route,
      ];

      expect(batch.receipt.errors).toEqual([]);
      expect(batch.declarations).toEqual({ total: 2, accepted: 2, refused: 0 });
      expect(routes).toMatchObject([
        { recipient: own, channel: 'sftp', rule: 'mandatary-default' },
        { recipient: own, channel: 'ebox', rule: 'employer-default' },
      ]);
    });

    it('are refused without a mandate at the date of the risk, whatever the quarter of the block', async () => {
      const batch = await sent([
        { employer: newcomer, startsOn: '2023-01-02', quarter: '20231' },
        { employer: newcomer, startsOn: '2022-12-30', quarter: '20231' },
        { employer: former, startsOn: '2022-12-30', quarter: '20231' },
        { employer: former, startsOn: '2023-01-02', quarter: '20224' },
        { employer: quarterly, startsOn: '2023-01-02', quarter: '20231' },
      ]);
      const noti = await exchange.answer(batch, 'NOTI');

      const forms = xmlOf(noti).forms();
      const schemas = { own: 'NOTIFICATION_20261.xsd', official: 'NOTIFICATION_20223.xsd' };
      expect(forms.map((form) => form.text('ResultCode'))).toEqual([
        ['1'],
        ['0'],
        ['1'],
        ['0'],
        ['0'],
      ]);
      expect(forms.map((form) => form.text('ErrorID'))).toEqual([
        [],
        ['00014-101'],
        [],
        ['00014-155'],
        ['00014-101'],
      ]);
      expect(verdictsOn(noti, schemas).join('')).toBe('');
    });

    it('are sent to nobody when they are refused', async () => {
      const batch = await sent([{ employer: newcomer, startsOn: '2022-12-29', quarter: '20224' }]);

      const { knex } = exchange.office.database;
      const { verdict, route } = await explainDeclaration(
        knex,
        await findBatch(knex, batch.ticket),
        1,
      );

      expect(verdict).toBe('refused');
      expect(route).toMatchObject({ recipient: null, channel: null, rule: 'no-mandate' });
    });
  },
);
