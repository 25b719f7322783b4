import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { admitSchemaPack } from '../../src/validation/index.ts';
import { enterpriseNumberOf } from '../../src/vocabulary/index.ts';
import { xmlOf, type AnswerXml } from '../make/answer-xml.ts';
import { manualClock } from '../make/clock.ts';
import { anExchange, aSet, type Exchange } from '../make/exchange.ts';
import { verdictsOn } from '../make/schema-judges.ts';

const root = resolve(import.meta.dirname, '../..');
/** The official schemas and samples are no part of the project; without them this file is skipped. */
const official = resolve(root, '../shared/official');
const present = existsSync(official);
const suite = present ? describe : describe.skip;

const clock = manualClock('2023-02-06T14:00:00Z');
const employer = { nsso: '175110801', number: enterpriseNumberOf(4_000_001) };
const quarterly = { nsso: '199999934', number: enterpriseNumberOf(4_000_002) };
let exchange: Exchange;

function sample(name: string): string {
  return readFileSync(join(official, 'samples', name), 'utf8');
}

suite(
  present ? 'official samples' : 'official samples (skipped: they are not on this machine)',
  () => {
    beforeAll(async () => {
      exchange = await anExchange({ clock });
      const { identity, mandates, schemaPacks } = exchange.office;
      const by = 'test';
      const folder = join(official, 'schemas');
      const named = /^(?:DmfAOriginal|Dimona|ZIMA001)_\d{5}\.xsd$/;
      const files = readdirSync(folder)
        .filter((name) => named.test(name))
        .map((name) => ({ name, content: readFileSync(join(folder, name)) }));
      const entry = new URL('../../dist/thread.js', import.meta.url);
      await schemaPacks.add(await admitSchemaPack({ files, entry }), clock.now());
      for (const { nsso, number } of [employer, quarterly]) {
        await identity.enterprises.register({ number, nsso, name: 'Employer', by });
        const mandatary = exchange.secretariat.enterprise;
        await mandates.add({ mandator: number, mandatary, object: 'DMFA', from: '2020Q1', by });
      }
    }, 300_000);
    afterAll(async () => {
      await exchange.close();
    });

    /** Sends a sample and gives its notification, both answers held against the official schemas. */
    async function notified(type: string, content: string): Promise<readonly AnswerXml[]> {
      const set = aSet(exchange.secretariat, content, { type, date: '20230206' });
      await exchange.hand(set.files);
      const batch = await exchange.batchOf(set.go);
      const acrf = await exchange.answer(batch, 'ACRF');
      expect(xmlOf(acrf).text('ErrorID')).toEqual([]);
      const noti = await exchange.answer(batch, 'NOTI');
      const receipts = { own: 'ACRF_20261.xsd', official: 'ACRF_20231.xsd' };
      const notifications = { own: 'NOTIFICATION_20261.xsd', official: 'NOTIFICATION_20223.xsd' };
      expect(verdictsOn(acrf, receipts).join('')).toBe('');
      expect(verdictsOn(noti, notifications).join('')).toBe('');
      return xmlOf(noti).forms();
    }

    it('receives a DmfA and refuses it for a net amount that is not the sum, and nothing else', async () => {
      const [form] = await notified('DMFA', sample('DmfAOriginal_20223_1.xml'));

      expect(form?.text('ErrorID')).toEqual(['00015-007']);
      expect(form?.text('ResultCode')).toEqual(['0']);
    });

    it.each(['Dimona_20231_1.xml', 'Dimona_20231_2.xml'])('has %s accepted', async (name) => {
      const forms = await notified('DIMN', sample(name));

      expect(forms.map((form) => form.text('ErrorID'))).toEqual(forms.map(() => []));
      expect(forms.map((form) => form.text('ResultCode')[0])).toEqual(forms.map(() => '1'));
    });

    it('has a Dimona refused that names no employer to hold a mandate of', async () => {
      const [form] = await notified('DIMN', sample('Dimona_20231_3.xml'));

      expect(form?.text('ResultCode')).toEqual(['0']);
      expect(form?.text('ErrorID')[0]).toMatch(/-230$/);
    });
  },
);
