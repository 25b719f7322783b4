import type { Knex } from 'knex';
import type { SchemaPack } from '../validation/index.ts';
import { Failure } from '../vocabulary/index.ts';
import { isUniqueViolation, translating } from './storage-failure.ts';

export type PackLine = Omit<SchemaPack, 'files'> & {
  readonly addedAt: Date;
  readonly fileCount: number;
};

export interface SchemaPackStore {
  /**
   * Adds packs, all or none. One with the same root, version and content is there already and is
   * left alone; with other content it is refused with `registration.exists`.
   */
  add(packs: readonly SchemaPack[], at: Date): Promise<readonly PackLine[]>;
  list(): Promise<readonly PackLine[]>;
  /** The pack of a root and version that is valid on a date (YYYY-MM-DD). */
  find(root: string, version: string, onDate: string): Promise<SchemaPack | undefined>;
}

interface Row {
  readonly id: bigint;
  readonly root: string;
  readonly version: string;
  readonly namespace: string | null;
  readonly valid_from: string | null;
  readonly valid_to: string | null;
  readonly main: string;
  readonly whole_document: boolean;
  readonly sha256: string;
  readonly added_at: Date;
}

export function schemaPackStore(knex: Knex): SchemaPackStore {
  return {
    add: (packs, at) =>
      translating(() =>
        knex.transaction(async (trx) => {
          const lines: PackLine[] = [];
          for (const pack of packs) lines.push(await addOne(trx, pack, at));
          return lines;
        }),
      ),
    list: () => list(knex),
    find: (root, version, onDate) => find(knex, { root, version, onDate }),
  };
}

async function addOne(trx: Knex.Transaction, pack: SchemaPack, at: Date): Promise<PackLine> {
  const { root, version } = pack;
  const present = await trx<Row>('schema_pack').where({ root, version }).first();
  const { files, ...facts } = pack;
  const line = { ...facts, fileCount: files.length };
  if (present?.sha256 === pack.sha256) return { ...line, addedAt: present.added_at };
  if (present !== undefined) throw new Failure('registration.exists', { root, version });
  const [inserted] = await trx('schema_pack')
    .insert({
      root,
      version,
      namespace: pack.namespace ?? null,
      valid_from: pack.validFrom ?? null,
      valid_to: pack.validTo ?? null,
      main: pack.main,
      whole_document: pack.wholeDocument,
      sha256: pack.sha256,
      added_at: at,
    })
    .returning<{ id: bigint }[]>('id')
    .catch((error: unknown) => {
      if (isUniqueViolation(error)) throw new Failure('registration.exists', { root, version });
      throw error;
    });
  await trx('schema_pack_file').insert(
    files.map(({ name, content }) => ({ schema_pack: inserted?.id, name, content })),
  );
  return { ...line, addedAt: at };
}

async function list(knex: Knex): Promise<PackLine[]> {
  const counted = knex('schema_pack_file')
    .select('schema_pack')
    .select(knex.raw('count(*)::int as file_count'))
    .groupBy('schema_pack')
    .as('counted');
  const rows = (await knex('schema_pack')
    .leftJoin(counted, 'counted.schema_pack', 'schema_pack.id')
    .select('schema_pack.*', 'counted.file_count')
    .orderBy(['root', 'version'])) as readonly (Row & { readonly file_count: number | null })[];
  return rows.map((row) => ({
    ...factsOf(row),
    addedAt: row.added_at,
    fileCount: row.file_count ?? 0,
  }));
}

interface Wanted {
  readonly root: string;
  readonly version: string;
  readonly onDate: string;
}

async function find(
  knex: Knex,
  { root, version, onDate }: Wanted,
): Promise<SchemaPack | undefined> {
  // The name is the sender's, and PostgreSQL text holds every character but NUL.
  if (`${root}${version}`.includes('\0')) return undefined;
  const row = (await knex('schema_pack').where({ root, version }).first()) as Row | undefined;
  if (row === undefined) return undefined;
  // Legal dates compare as the text they are.
  if (row.valid_from !== null && onDate < row.valid_from) return undefined;
  if (row.valid_to !== null && onDate > row.valid_to) return undefined;
  const files = (await knex('schema_pack_file')
    .where({ schema_pack: row.id })
    .select('name', 'content')
    .orderBy('name')) as readonly { readonly name: string; readonly content: Buffer }[];
  return { ...factsOf(row), files };
}

function factsOf(row: Row): Omit<SchemaPack, 'files'> {
  return {
    root: row.root,
    version: row.version,
    ...(row.namespace !== null && { namespace: row.namespace }),
    ...(row.valid_from !== null && { validFrom: row.valid_from }),
    ...(row.valid_to !== null && { validTo: row.valid_to }),
    main: row.main,
    wholeDocument: row.whole_document,
    sha256: row.sha256,
  };
}
