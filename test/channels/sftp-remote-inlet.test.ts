import { existsSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { partnerRegister } from '../../src/partner-register.ts';
import { runPartner } from '../../src/sftp-remote-channel.ts';
import { brusselsDate, systemClock } from '../../src/vocabulary/index.ts';
import { anExchange } from '../make/exchange.ts';
import { aPartner } from '../make/partner.ts';
import { inletContract, type InletHarness } from './contract/inlet.ts';

inletContract('sftp-remote', openHarness);

type Files = Parameters<InletHarness['send']>[0];

async function openHarness(): Promise<InletHarness> {
  const exchange = await anExchange({
    clock: systemClock,
    settings: { roles: 'worker', drainMs: '20s' },
  });
  const partner = await aPartner();
  const blocked = await aPartner();
  const { sender } = exchange.secretariat;
  const { channels } = exchange.office.identity;
  await channels.open({ sender, channel: 'sftp-remote', actor: { by: 'test' } });
  const register = await partnerRegister(exchange.office);
  const schedule = '0 0 1 1 *';
  const destinations = [{ number: sender }];
  await register.add({ ...partner.wish({ destinations, schedule }), by: 'test' });
  await register.add({
    ...blocked.wish({ name: 'blocked', destinations: [{ number: '654321' }], schedule }),
    by: 'test',
  });
  await register.suspend({ name: 'blocked', by: 'test' });
  const fetch = async (name: string): Promise<void> => {
    const { signal } = new AbortController();
    const { begun, failure } = await runPartner(exchange.office, { name, signal });
    if (failure !== undefined) throw failure;
    if (!begun) throw new Error('another round is under way');
  };
  const put = (files: Files, at = partner): void => {
    for (const [name, content] of Object.entries(files)) {
      writeFileSync(join(at.directory, 'out', name), content);
    }
  };
  return {
    ...{ exchange, channel: 'sftp-remote' },
    date: brusselsDate(systemClock.now()).replaceAll('-', ''),
    async send(files) {
      put(files);
      await fetch('partner-one');
      const left = Object.keys(files).filter((name) =>
        existsSync(join(partner.directory, 'out', name)),
      );
      if (left.length > 0) throw new Error(`not confirmed: ${left.join(', ')}`);
    },
    // The file is here and the partner is never told: it lies there still for the next round.
    async sendUnheard(files) {
      put(files);
      partner.misbehave({ refuse: 'remove', connections: 1 });
      await fetch('partner-one').catch(() => undefined);
    },
    async sendBlocked(files) {
      put(files, blocked);
      await fetch('blocked');
    },
    // A round under way, held by a slow listing; it ends by itself.
    begin(name, content) {
      const { directory } = partner;
      writeFileSync(join(directory, `${name}.tmp`), content);
      renameSync(join(directory, `${name}.tmp`), join(directory, 'out', name));
      partner.misbehave({ listingDelayMs: 300 });
      const fetched = fetch('partner-one');
      return Promise.resolve({ finish: () => fetched });
    },
    stop: () => exchange.stop(),
    async close() {
      await exchange.close();
      await partner.close();
      await blocked.close();
    },
  };
}
