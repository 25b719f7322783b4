import { z } from 'zod';
import { readerOf } from '../ebox-reader.ts';
import { endpoint } from '../endpoint.ts';
import { id, instant, line } from '../fields.ts';
import { pageOf, pageQuery } from '../page.ts';
import type { BoxDocument, BoxPartition } from '../ports.ts';
import { sentFile } from '../sent-file.ts';
import { given, labels } from '../shapes.ts';

/** The partition that is always there, by this name in place of an identifier. */
const general = 'general';
const partition = z
  .union([id, z.literal(general)])
  .describe('Identifier of a partition, or `general`.');

const document = z
  .object({
    id: z.string(),
    type: z.string().describe('routed-declaration, receipt, notification or statement.'),
    titles: labels,
    sender: z.object({ name: z.string(), enterprise: z.string().optional() }),
    ticket: z.string(),
    messageType: z.string().optional(),
    environment: z.enum(['R', 'T', 'S']).describe('T and S are answers on tests.'),
    protection: z.literal([1, 2]),
    application: z.string().optional().describe('Users who have it see the document; level 2.'),
    partition: z.string(),
    publishedAt: instant,
    expiresOn: z.string().describe('YYYY-MM-DD: the last day it can be read.'),
    read: z.boolean(),
    firstReadAt: instant.optional(),
    firstReadBy: z.string().optional(),
    files: z.array(z.object({ name: z.string(), bytes: z.int(), sha256: z.string() })),
  })
  .meta({ id: 'EboxDocument' });

const shownPartition = z
  .object({
    id: z.string(),
    name: z.string().optional().describe('Absent for `general`.'),
    documents: z.int().describe('That the caller sees.'),
    unread: z.int(),
  })
  .meta({ id: 'EboxPartition' });

const digest = z.strictObject({ digest: z.enum(['off', 'daily', 'weekly']) });
const params = z.strictObject({ id });
const memberParams = z.strictObject({ id, appointment: id });
const named = z.strictObject({ name: line(60) });
const moment = z.iso.datetime({ offset: true });
const fileName = z
  .string()
  .max(200)
  .regex(/^[A-Za-z0-9._-]+$/);

const refusals = ['access.guard', 'signin.certificate-required'] as const;

/** Documents of the e-Box of the caller's quality. */
const documentEndpoints = [
  endpoint({
    method: 'GET',
    path: '/ebox/documents',
    id: 'listEboxDocuments',
    tag: 'e-box',
    summary: 'Documents in sight, newest first',
    action: 'ebox.use',
    query: z.strictObject({
      ...pageQuery,
      unread: z.enum(['true', 'false']).optional(),
      type: line(40).optional(),
      partition: partition.optional(),
      since: moment.optional().describe('Published then or later.'),
      until: moment.optional().describe('Published before.'),
      text: line(100)
        .optional()
        .describe('In a title, the sender, the ticket or a file name, whatever case.'),
    }),
    answer: pageOf(document),
    errors: [...refusals, 'registration.unknown'],
    async act(ask) {
      const { unread, partition: there, since, until, ...rest } = ask.query;
      const { max, ...filters } = rest;
      const { items, next } = await ask.parts.ebox.list(await readerOf(ask), {
        ...{ max, ...given(filters) },
        ...(unread === undefined ? {} : { unread: unread === 'true' }),
        ...(there === undefined ? {} : { partitionId: partitionIdOf(there) }),
        ...(since === undefined ? {} : { since: new Date(since) }),
        ...(until === undefined ? {} : { until: new Date(until) }),
      });
      return { items: items.map(shown), ...given({ next }) };
    },
  }),
  endpoint({
    method: 'GET',
    path: '/ebox/documents/:id',
    id: 'showEboxDocument',
    tag: 'e-box',
    summary: 'A document without its content; looking at it is not reading it',
    action: 'ebox.use',
    params,
    answer: document,
    errors: refusals,
    act: async (ask) => shown(await ask.parts.ebox.show(await readerOf(ask), ask.params.id)),
  }),
  endpoint({
    method: 'GET',
    path: '/ebox/documents/:id/files/:file',
    id: 'downloadEboxFile',
    tag: 'e-box',
    summary: 'A file of a document, as a download; the document is then read',
    action: 'ebox.use',
    params: z.strictObject({ id, file: fileName }),
    answer: sentFile,
    errors: refusals,
    act: async (ask) => ask.parts.ebox.download(await readerOf(ask), ask.params),
  }),
  endpoint({
    method: 'PUT',
    path: '/ebox/documents/:id/read-state',
    id: 'markEboxDocument',
    tag: 'e-box',
    summary: 'Marks a document as read or unread, for everybody who sees it',
    action: 'ebox.use',
    params,
    body: z.strictObject({ read: z.boolean() }),
    errors: refusals,
    act: async (ask) =>
      ask.parts.ebox.mark(await readerOf(ask), { id: ask.params.id, read: ask.body.read }),
  }),
  endpoint({
    method: 'PUT',
    path: '/ebox/documents/:id/partition',
    id: 'moveEboxDocument',
    tag: 'e-box',
    summary: 'Moves a document to another partition, which changes who sees it',
    action: 'ebox.manage',
    params,
    body: z.strictObject({ partition }),
    errors: refusals,
    act: async (ask) =>
      ask.parts.ebox.move(await readerOf(ask), {
        ...{ id: ask.params.id, partitionId: partitionIdOf(ask.body.partition) },
      }),
  }),
];

/** Partitions, who sees them, and whether letters tell of what is new. */
const partitionEndpoints = [
  endpoint({
    method: 'GET',
    path: '/ebox/partitions',
    id: 'listEboxPartitions',
    tag: 'e-box',
    summary: 'Partitions in sight, with what is in sight of them; `general` first',
    action: 'ebox.use',
    answer: z.object({ items: z.array(shownPartition) }),
    errors: refusals,
    async act(ask) {
      const found = await ask.parts.ebox.partitions(await readerOf(ask));
      return { items: found.map(partitionShown) };
    },
  }),
  endpoint({
    method: 'POST',
    path: '/ebox/partitions',
    id: 'createEboxPartition',
    tag: 'e-box',
    summary: 'Makes a partition; managers of the quality see it, and whom they admit',
    action: 'ebox.manage',
    body: named,
    status: 201,
    answer: shownPartition,
    errors: [...refusals, 'registration.invalid', 'registration.exists'],
    act: async (ask) =>
      partitionShown(await ask.parts.ebox.createPartition(await readerOf(ask), ask.body.name)),
  }),
  endpoint({
    method: 'PUT',
    path: '/ebox/partitions/:id',
    id: 'renameEboxPartition',
    tag: 'e-box',
    summary: 'Gives a partition another name',
    action: 'ebox.manage',
    params,
    body: named,
    errors: [...refusals, 'registration.invalid', 'registration.exists'],
    act: async (ask) =>
      ask.parts.ebox.renamePartition(await readerOf(ask), { ...ask.params, ...ask.body }),
  }),
  endpoint({
    method: 'DELETE',
    path: '/ebox/partitions/:id',
    id: 'deleteEboxPartition',
    tag: 'e-box',
    summary: 'Deletes a partition that is empty',
    action: 'ebox.manage',
    params,
    errors: refusals,
    act: async (ask) => ask.parts.ebox.deletePartition(await readerOf(ask), ask.params.id),
  }),
  endpoint({
    method: 'GET',
    path: '/ebox/partitions/:id/members',
    id: 'listEboxMembers',
    tag: 'e-box',
    summary: 'Users who see a partition; its managers always do',
    action: 'ebox.manage',
    params,
    answer: z.object({
      items: z.array(z.object({ appointment: z.string(), username: z.string() })),
    }),
    errors: refusals,
    async act(ask) {
      const found = await ask.parts.ebox.members(await readerOf(ask), ask.params.id);
      const items = found.map(({ assignmentId, username }) => ({
        ...{ appointment: assignmentId, username },
      }));
      return { items };
    },
  }),
  endpoint({
    method: 'PUT',
    path: '/ebox/partitions/:id/members/:appointment',
    id: 'admitEboxMember',
    tag: 'e-box',
    summary: 'Lets a user of the quality see a partition',
    action: 'ebox.manage',
    params: memberParams,
    errors: refusals,
    act: async (ask) => ask.parts.ebox.admit(await readerOf(ask), memberOf(ask.params)),
  }),
  endpoint({
    method: 'DELETE',
    path: '/ebox/partitions/:id/members/:appointment',
    id: 'excludeEboxMember',
    tag: 'e-box',
    summary: 'Takes a partition out of the sight of a user',
    action: 'ebox.manage',
    params: memberParams,
    errors: refusals,
    act: async (ask) => ask.parts.ebox.exclude(await readerOf(ask), memberOf(ask.params)),
  }),
  endpoint({
    method: 'GET',
    path: '/ebox/digest',
    id: 'showEboxDigest',
    tag: 'e-box',
    summary: 'Whether a letter tells of new documents, and how often',
    action: 'ebox.use',
    answer: digest,
    errors: refusals,
    act: async (ask) => ({ digest: await ask.parts.ebox.digest(await readerOf(ask)) }),
  }),
  endpoint({
    method: 'PUT',
    path: '/ebox/digest',
    id: 'chooseEboxDigest',
    tag: 'e-box',
    summary: 'Chooses it, for the whole quality; letters go to the address of the quality',
    action: 'ebox.manage',
    body: digest,
    errors: refusals,
    act: async (ask) => ask.parts.ebox.chooseDigest(await readerOf(ask), ask.body.digest),
  }),
];

/** The e-Box of the caller's quality. */
export const eboxEndpoints = [...documentEndpoints, ...partitionEndpoints];

function partitionIdOf(text: string): string | null {
  return text === general ? null : text;
}

function shown(found: BoxDocument): z.output<typeof document> {
  const { partitionId, publisher, protection, files, titles, ...rest } = found;
  const { level, application } = protection;
  return {
    ...{ ...rest, titles, sender: publisher, protection: level, partition: partitionId ?? general },
    ...given({ application }),
    // What marks the end of a set over other channels says nothing here.
    files: files.filter(({ bytes }) => bytes > 0),
  };
}

function partitionShown({ id: known, ...rest }: BoxPartition): z.output<typeof shownPartition> {
  return { id: known ?? general, ...rest };
}

function memberOf({ id: partitionId, appointment }: z.output<typeof memberParams>): {
  readonly id: string;
  readonly assignmentId: string;
} {
  return { id: partitionId, assignmentId: appointment };
}
