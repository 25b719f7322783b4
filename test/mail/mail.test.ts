import { once } from 'node:events';
import { randomBytes } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { SMTPServer } from 'smtp-server';
import { sealedBox } from '../../src/identity/index.ts';
import {
  letterFields,
  letterTexts,
  openMail,
  smtpCarrier,
  writeLetter,
  type LetterName,
  type LetterWish,
  type Mail,
} from '../../src/mail/index.ts';
import { mailStore } from '../../src/storage/index.ts';
import { languages } from '../../src/vocabulary/index.ts';
import { manualClock, spans } from '../make/clock.ts';
import { commandLine } from '../make/command-line.ts';
import { testDatabase, type TestDatabase } from '../make/database.ts';

interface Sink {
  readonly url: string;
  readonly letters: { readonly to: readonly string[]; readonly text: string }[];
  /** What the server answers to a recipient from now on. */
  refuse(code: number | undefined): void;
  close(): Promise<void>;
}

/** A real SMTP server that keeps what it is given. */
async function smtpSink(): Promise<Sink> {
  const letters: { to: string[]; text: string }[] = [];
  let refusal: number | undefined;
  const server = new SMTPServer({
    disabledCommands: ['AUTH', 'STARTTLS'],
    onRcptTo: (_address, _session, done) => {
      if (refusal === undefined) done();
      else done(Object.assign(new Error('secret words of the server'), { responseCode: refusal }));
    },
    onData: (stream, session, done) => {
      const pieces: Buffer[] = [];
      stream.on('data', (piece: Buffer) => pieces.push(piece));
      stream.on('end', () => {
        const to = session.envelope.rcptTo.map(({ address }) => address);
        letters.push({ to, text: Buffer.concat(pieces).toString('utf8') });
        done();
      });
    },
  });
  server.listen(0, '127.0.0.1');
  await once(server.server, 'listening');
  const { port } = server.server.address() as AddressInfo;
  return {
    url: `smtp://127.0.0.1:${String(port)}`,
    letters,
    refuse: (code) => {
      refusal = code;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(resolve);
      }),
  };
}

let database: TestDatabase;
let sink: Sink;
const clock = manualClock();
const vault = sealedBox(randomBytes(32));
const opened: Mail[] = [];

beforeAll(async () => {
  database = await testDatabase();
  sink = await smtpSink();
});
afterEach(async () => {
  for (const mail of opened.splice(0)) mail.close();
  await database.knex('mail').delete();
  sink.letters.length = 0;
  sink.refuse(undefined);
});
afterAll(async () => {
  await sink.close();
  await database.drop();
});

function withServer(url = sink.url): Mail {
  const carrier = smtpCarrier({ url, from: 'sluis@example.org' });
  const mail = openMail({ store: mailStore(database.knex), clock, vault, carrier });
  opened.push(mail);
  return mail;
}

const letter: LetterWish = {
  template: 'username-reminder',
  to: 'anke@example.org',
  language: 'nl',
  data: { name: 'Anke Peeters', username: 'anke1984' },
};
const secretLetter: LetterWish = {
  template: 'initial-code',
  ...{ to: 'anke@example.org', language: 'de', secret: true },
  data: {
    name: 'Anke',
    username: 'anke1984',
    code: '7K3M-9QXE-2HBV-4RTD',
    hours: '72',
    address: '',
  },
};

describe('letters', () => {
  const names = Object.keys(letterFields) as LetterName[];

  it.each(names)('%s stands in every language, with the same places', (name) => {
    const places = (text: string): string[] =>
      [...new Set(text.match(/\{\w+\}/g) ?? [])].map((place) => place.slice(1, -1)).sort();

    for (const language of languages) {
      const { subject, body } = letterTexts[language][name];
      expect([language, places(`${subject} ${body}`)]).toEqual([
        language,
        [...letterFields[name]].sort(),
      ]);
    }
    const own = new Set(languages.map((language) => letterTexts[language][name].body));
    expect(own.size).toBe(languages.length);
  });

  it('keep what people are called out of headers and lines', () => {
    const name = 'Anke\r\nBcc: all@example.org\r\n\r\n{username}';

    const { subject, body } = writeLetter('certificate-expiring', 'en', {
      ...{ owner: name, subject: 'x', days: '3\r\nX-Evil: 1', until: '2026-01-01' },
    });

    expect(subject).not.toMatch(/[\r\n]/);
    expect(body).toContain('Anke Bcc: all@example.org {username}');
    expect(() => writeLetter('username-reminder', 'en', { name: 'x' })).toThrow('mail.refused');
  });

  it.each([
    'a@b.be\r\nBcc: c@d.be',
    'a@b.be, c@d.be',
    'A <a@b.be>',
    '"x y"@b.be',
    '',
    'a@',
    'a b@c.be',
  ])('are not written to %j', async (to) => {
    await expect(withServer().send({ ...letter, to })).rejects.toMatchObject({
      code: 'mail.refused',
    });
  });
});

describe('delivery', () => {
  it('hands each letter to the server once, whoever delivers', async () => {
    const mail = withServer();
    for (let count = 0; count < 5; count += 1) await mail.send(letter);

    const left = await Promise.all([mail.deliver(), withServer().deliver()]);

    expect(left.reduce((sum, one) => sum + one, 0)).toBe(5);
    expect(sink.letters).toHaveLength(5);
    const [first] = sink.letters;
    expect(first?.to).toEqual(['anke@example.org']);
    expect(first?.text).toMatch(/^Subject: Uw gebruikersnaam\r$/m);
    expect(first?.text).toMatch(/^Content-Language: nl\r$/m);
    expect(first?.text).toContain('anke1984');
    expect(await mail.deliver()).toBe(0);
  });

  it('stands or falls with the transaction it was written in', async () => {
    const mail = withServer();

    const failed = database.knex.transaction(async (trx) => {
      await mail.send(letter, trx);
      throw new Error('no');
    });

    await expect(failed).rejects.toThrow('no');
    expect(await mail.list({ max: 10 })).toEqual([]);
  });

  it('is tried again with growing pauses, then given up, without a word of the server', async () => {
    const mail = withServer();
    await mail.send(letter);
    sink.refuse(451);
    const pauses: number[] = [];
    for (let minutes = 0; minutes < 3 * 24 * 60; minutes += 1) {
      const [before] = await mail.list({ max: 1 });
      await mail.deliver();
      const [after] = await mail.list({ max: 1 });
      if (after?.attempts !== before?.attempts) pauses.push(minutes);
      if (after?.state === 'dead') break;
      // Nothing happens between the tries: go to the next one at once.
      const row = await database.knex('mail').first<{ run_after: Date }>();
      const wait = row.run_after.getTime() - clock.now().getTime();
      clock.pass(wait);
      minutes += Math.max(wait / spans.minute - 1, 0);
    }

    const [line] = await mail.list({ max: 1 });
    expect(line).toMatchObject({ state: 'dead', attempts: 8, lastError: 'EENVELOPE 451' });
    expect(pauses).toEqual([0, 1, 6, 21, 81, 321, 1041, 2481]);
    expect(JSON.stringify(line)).not.toContain('secret words');
    sink.refuse(undefined);
    await mail.release(line?.id ?? '');
    expect(await mail.deliver()).toBe(1);
  });

  it('gives up at once on an address the server does not know', async () => {
    const mail = withServer();
    await mail.send(letter);
    sink.refuse(550);

    await mail.deliver();

    expect(await mail.list({ max: 1 })).toMatchObject([{ state: 'dead', attempts: 1 }]);
  });

  it('waits for a server that is not there', async () => {
    const mail = withServer('smtp://127.0.0.1:1');
    await mail.send(letter);

    expect(await mail.deliver()).toBe(0);

    expect(await mail.list({ max: 1 })).toMatchObject([{ state: 'pending', lastError: 'ESOCKET' }]);
  });
});

describe('a letter with a secret', () => {
  it('is sealed in the database, sent in clear, and blank afterwards', async () => {
    const mail = withServer();
    await mail.send(secretLetter);
    const before: unknown = await database.knex('mail');

    await mail.deliver();

    expect(JSON.stringify(before)).not.toContain('7K3M');
    expect(sink.letters[0]?.text).toContain('7K3M-9QXE-2HBV-4RTD');
    expect(await database.knex('mail').first<object>()).toMatchObject({ state: 'sent', body: '' });
  });
});

describe('without a mail server', () => {
  it('letters are held; `sluis mail` shows them, secrets only when asked, which is written down', async () => {
    const own = commandLine({ databaseUrl: database.url });
    await own.sluis('mail', 'list');
    const { identityKeys } = await import('../../src/identity/index.ts');
    const shown = (await own.json('config')) as { readonly settings?: unknown };
    const text = JSON.stringify(shown);
    const keys = /"name":\s*"keys"[^}]*?"value":\s*"([^"]+)"/.exec(text)?.[1] ?? '';
    const key = (await identityKeys(keys)).key('mail-seal');
    const mail = openMail({ store: mailStore(database.knex), clock, vault: sealedBox(key) });
    await mail.send(secretLetter);
    const [line] = await mail.list({ max: 1 });
    const id = line?.id ?? '';

    const listed = await own.sluis('mail', 'list', '--state', 'held');
    const masked = await own.sluis('mail', 'show', id);
    const revealed = await own.sluis('mail', 'show', id, '--reveal');
    const unsent = await own.sluis('mail', 'send', id);
    const unknown = await own.sluis('mail', 'show', 'none');

    own.close();
    expect(listed.out).toContain(id);
    expect(listed.out).not.toContain('7K3M');
    expect(masked.out).toContain('********');
    expect(masked.out).not.toContain('7K3M');
    expect(revealed.out).toContain('7K3M-9QXE-2HBV-4RTD');
    expect([unsent.exit, unknown.exit]).toEqual([3, 1]);
    const trail = await database.knex('audit_event').select<object[]>('action', 'target');
    expect(trail).toEqual([{ action: 'mail.reveal', target: `letter ${id}` }]);
  });
});
