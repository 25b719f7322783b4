import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { personWish } from '../../src/cli/person-input.ts';
import { commandLine, type CommandLine } from '../make/command-line.ts';
import { testDatabase, type TestDatabase } from '../make/database.ts';

let database: TestDatabase;
let shell: CommandLine;

const enterprise = '0206731645';
/** A foreign enterprise: its people need no national number, which only comes in by stdin. */
const abroad = '0403019261';

beforeAll(async () => {
  database = await testDatabase();
  shell = commandLine({ databaseUrl: database.url });
  await shell.sluis('enterprise', 'add', '--number', enterprise, '--name', 'Home');
  await shell.sluis(
    ...['enterprise', 'add', '--number', abroad, '--name', 'Abroad', '--country', 'NL'],
  );
});

afterAll(async () => {
  shell.close();
  await database.drop();
});

let made = 0;

function newcomer(): readonly [username: string, options: readonly string[]] {
  made += 1;
  const username = `shellperson${made}`;
  return [
    username,
    [
      ...['--username', username, '--last-name', `Jansen${made}`, '--first-name', 'Piet'],
      ...['--language', 'nl', '--email', `piet${made}@example.org`],
    ],
  ];
}

interface Appointed {
  readonly person: { readonly id: string; readonly username: string };
  readonly role: { readonly id: string; readonly state: string };
}

async function appoint(...words: readonly string[]): Promise<Appointed> {
  return (await shell.json('role', 'appoint', ...words)) as Appointed;
}

describe('sluis role and person', () => {
  it('appoint, show, find, edit, block, unblock and delete', async () => {
    const [username, options] = newcomer();
    const done = await appoint(
      ...['--role', 'CAM', '--enterprise', abroad, '--capacity', 'founder', ...options],
    );

    expect(done).toMatchObject({ isNew: true, role: { role: 'CAM', state: 'active' } });
    const found = (await shell.json('person', 'find', '--last-name', 'jansen1')) as object;
    expect(found).toMatchObject({ rows: [{ username, role: 'CAM', enterprise: abroad }] });
    expect(await shell.json('person', 'edit', username, '--language', 'fr')).toMatchObject({
      language: 'fr',
    });
    expect(await shell.json('role', 'block', done.role.id)).toMatchObject({
      role: { state: 'blocked' },
    });
    expect(await shell.json('person', 'show', username)).toMatchObject({
      ...{ person: { language: 'fr' }, roles: [{ state: 'blocked' }] },
    });
    expect(await shell.sluis('role', 'block', done.role.id)).toMatchObject({ exit: 1 });
    expect(await shell.json('role', 'unblock', done.role.id)).toMatchObject({
      role: { state: 'active' },
    });
    expect(await shell.json('person', 'block', username)).toMatchObject({ state: 'blocked' });
    expect(await shell.json('person', 'unblock', done.person.id)).toMatchObject({
      state: 'active',
    });
    expect(await shell.json('role', 'delete', done.role.id)).toMatchObject({
      role: { state: 'deleted' },
    });
    expect(await shell.json('role', 'list', '--person', username)).toEqual([]);
  });

  it('says what is wrong with a form, and exits with 1', async () => {
    const { exit, err } = await shell.sluis(
      ...['role', 'appoint', '--role', 'CAM', '--enterprise', enterprise, '--capacity', 'founder'],
      ...['--username', 'short', '--last-name', 'Jansen'],
    );

    expect(exit).toBe(1);
    expect(err).toContain('field.insz=required');
    expect(err).toContain('field.username=username-short');
  });

  it('reads a national number from stdin alone', async () => {
    const identity = {} as Parameters<typeof personWish>[0];
    const lines = ['70010100105'];
    const input = {
      line: () => Promise.resolve(lines.shift() ?? ''),
      ask: () => Promise.resolve(undefined),
    };

    const wish = await personWish(identity, { inszStdin: true, lastName: 'Jansen' }, input);

    expect(wish).toMatchObject({ insz: '70010100105', lastName: 'Jansen' });
    const { out } = await shell.sluis('role', 'appoint', '--help');
    expect(out).toContain('--insz-stdin');
    expect(out).not.toMatch(/--insz </);
  });

  it('knows nobody by half a name', async () => {
    const outcome = await shell.sluis('person', 'show', 'shellperso');

    expect(outcome.exit).toBe(1);
    expect(outcome.err).toContain('registration.unknown');
  });
});

describe('sluis quality and application', () => {
  it('entitle, activate, list, edit, suspend', async () => {
    const [username, options] = newcomer();
    const activate = [
      ...['quality', 'activate', '--enterprise', abroad, '--type', 'hospital'],
      ...['--capacity', 'director', '--field', 'recognitionNumber=71000436', ...options],
    ];
    expect((await shell.sluis(...activate)).err).toContain('rule=not-entitled');
    await shell.sluis('quality', 'entitle', '--enterprise', abroad, '--type', 'hospital');

    expect(await shell.json(...activate)).toMatchObject({
      ...{ type: 'hospital', manager: { username, role: 'AM' } },
    });
    const id = `${abroad}/hospital`;
    expect(await shell.json('quality', 'edit', id, '--email', 'h@example.org')).toMatchObject({
      email: 'h@example.org',
    });
    expect(await shell.json('quality', 'suspend', id)).toMatchObject({ state: 'suspended' });
    expect(await shell.json('quality', 'list', '--enterprise', abroad)).toMatchObject([
      { type: 'hospital', state: 'suspended' },
    ]);
    expect(((await shell.json('quality', 'types')) as unknown[]).length).toBe(8);
  });

  it('ticks a user, shows and withdraws the right', async () => {
    const [manager, managerOptions] = newcomer();
    await shell.sluis(
      ...['quality', 'activate', '--enterprise', abroad, '--type', 'employer'],
      ...['--capacity', 'director', ...managerOptions],
    );
    const [username, options] = newcomer();
    const { role } = await appoint(
      ...['--role', 'usr', '--quality', `${abroad}/employer`, '--capacity', 'employee'],
      ...['--application', 'batches:consult', ...options],
    );
    const one = ['--role-id', role.id, '--application', 'contributions'];

    expect(await shell.json('application', 'grant', ...one)).toMatchObject([
      { code: 'batches', roles: [{ code: 'consult' }] },
      { code: 'contributions', by: 'grant' },
    ]);
    expect(await shell.json('application', 'withdraw', ...one)).toHaveLength(1);
    expect(await shell.json('application', 'rights', role.id)).toHaveLength(1);
    expect(
      await shell.json(
        ...['person', 'find', '--quality', `${abroad}/employer`, '--application', 'batches'],
      ),
    ).toMatchObject({ rows: [{ username: manager }, { username }] });
  });

  it('takes catalogues from files, and says which field is wrong', async () => {
    const [first] = (await shell.json('application', 'list')) as { code: string }[];
    const good = shell.write('good.json', JSON.stringify({ ...first, code: 'dimona' }));
    const bad = shell.write('bad.json', JSON.stringify({ ...first, roles: 'none' }));
    const broken = shell.write('broken.json', '{');

    expect(await shell.json('application', 'save', good)).toMatchObject({ code: 'dimona' });
    expect((await shell.sluis('application', 'save', bad)).err).toContain('field=roles');
    expect((await shell.sluis('application', 'save', broken)).exit).toBe(2);
    const [type] = (await shell.json('quality', 'types')) as { code: string }[];
    const port = shell.write('port.json', JSON.stringify({ ...type, code: 'port' }));
    expect(await shell.json('quality', 'add-type', port)).toMatchObject({ code: 'port' });
    expect((await shell.sluis('quality', 'add-type', good)).exit).toBe(1);
  });
});

describe('sluis enterprise', () => {
  it('admits, shows and closes the access of an enterprise', async () => {
    const [, options] = newcomer();
    const number = '0417497106';
    const admit = ['enterprise', 'admit', '--number', number, '--name', 'New', '--country', 'FR'];

    expect(await shell.json(...admit, ...options)).toMatchObject({ number });
    expect(await shell.json('enterprise', 'access', number)).toMatchObject({ state: 'registered' });
    expect(await shell.json('enterprise', 'close', number)).toMatchObject({ state: 'closed' });
    expect((await shell.sluis('enterprise', 'close', number)).err).toContain('enterprise-closed');
  });
});

describe('sluis audit', () => {
  it('lists what was done, verifies, exports, and says no when an event was changed', async () => {
    const listed = (await shell.json('audit', 'list', '--action', 'role.block')) as object[];
    expect(listed).toMatchObject([{ actingAs: 'operator', source: 'cli', result: 'done' }]);

    const whole = (await shell.json('audit', 'verify')) as { events: string; head: string };
    expect(whole).toMatchObject({ ok: true });
    const { out } = await shell.sluis('audit', 'export');
    expect(out.trim().split('\n')).toHaveLength(Number(whole.events));
    const head = `${whole.events}:${whole.head}`;
    expect((await shell.sluis('audit', 'verify', '--head', head)).exit).toBe(0);

    await database.knex.raw('alter table audit_event disable trigger audit_event_stays');
    await database.knex('audit_event').where({ seq: 2 }).update({ actor: 'somebody' });

    const broken = await shell.sluis('audit', 'verify');
    expect(broken).toMatchObject({ exit: 1 });
    expect(broken.out).toContain('event 2');
    expect((await shell.sluis('audit', 'verify', '--head', 'x')).exit).toBe(2);
  });
});

describe('the master key', () => {
  it('of another installation is refused before anything is written with it', async () => {
    const other = commandLine({ databaseUrl: database.url });
    const [, options] = newcomer();

    const outcome = await other.sluis(
      ...['role', 'appoint', '--role', 'CAM', '--enterprise', abroad, '--capacity', 'founder'],
      ...options,
    );

    expect(outcome.exit).toBe(1);
    expect(outcome.err).toContain('identity.key');
    other.close();
  });
});
