import { createHash, type KeyObject } from 'node:crypto';
import {
  answerFiles,
  notificationChunks,
  renderReceipt,
  statementChunks,
  type AnswerBlobs,
  type AnswerKind,
  type NotifiedForm,
  type ReceptionChannel,
  type StatedAssessment,
  type StatedForm,
} from './acknowledgement/index.ts';
import type { Identity } from './identity/index.ts';
import {
  checkNames,
  inspectContent,
  type ContentLimits,
  type ContentPorts,
} from './inspection/index.ts';
import { gather, type Patience, type SetFile } from './intake/index.ts';
import { openForms } from './dispatch.ts';
import type { Batch, Ledger, NewParcel, ParcelFile, RoutedForm } from './ledger.ts';
import { messageTypes } from './messages/index.ts';
import type { Inspected, Stages } from './stage-faces.ts';
import { sealDigest, sealText } from './seal/index.ts';
import type { Decide } from './decide.ts';
import type { ChunkMemory } from './chunk-memory.ts';
import {
  brusselsDate,
  declarationsPerBatchMax,
  outDirectories,
  parseEnterpriseNumber,
  parseSenderNumber,
  sequenceOf,
  ticketOf,
  type Clock,
  type Environment,
} from './vocabulary/index.ts';

export interface SigningKey {
  readonly key: KeyObject;
  readonly certificate: Buffer;
}

export interface StageParts {
  readonly ledger: Ledger;
  readonly identity: Identity;
  readonly clock: Clock;
  readonly patience: Patience;
  readonly dateDaysMax: number;
  readonly contentLimits: ContentLimits;
  readonly contentPorts: ContentPorts;
  readonly decide: Decide;
  readonly memory: ChunkMemory;
  readonly signing: SigningKey;
  readonly blobs: AnswerBlobs;
}

/** The stages with their ports in hand: wiring, and nothing that decides. */
export function openStages(parts: StageParts): Stages {
  const { ledger, memory, patience, dateDaysMax, decide } = parts;
  const knownTypes = new Set(messageTypes.keys());
  return {
    gather: (files, now) => gather(files, now, patience),
    checkNames: (set) => checkNames(set, { dateDaysMax, knownTypes }),
    async toldTo(sender, problems) {
      const first = problems.slice(0, 1);
      if (problems.length < 2) return first;
      const facts = await parts.contentPorts.senderFacts(sender);
      return facts.allErrors ? problems : first;
    },
    fingerprint,
    inspect: (batch, save) => inspect(parts, batch, save),
    decide,
    receipt: (story) =>
      answer(parts, { ...story, kind: 'ACRF' }, [
        renderReceipt({ ...story, result: story.errors.length > 0 ? 'refused' : 'accepted' }),
      ]),
    notification: (batch, at) => notification(parts, batch, at),
    isDeclaredOnce: ({ type }) => messageTypes.get(type)?.declaredOnce === true,
    isRouted: ({ type, environment }) =>
      messageTypes.get(type)?.socialRisk === true && environment === 'R',
    dispatch: (batch, forms, at) => dispatch(parts, batch, forms, at),
    answersBy: ({ sender, channel }) =>
      parts.identity.channels.answersBy({ sender, cameBy: channel }),
    // A circuit test leaves nothing behind but its verdicts.
    isStated: ({ type, environment }) =>
      messageTypes.get(type)?.assessed === true && environment !== 'T',
    statement: (batch, at) => statement(parts, batch, at),
    async chunkOf(batchId, seq) {
      return memory.take(batchId, seq) ?? (await ledger.chunk(batchId, seq));
    },
  };
}

/** Digests over the FI files, and over FI and FS files, in the order of their parts. */
function fingerprint(files: readonly SetFile[]): {
  readonly contentKey: string;
  readonly sealKey: string;
} {
  const digest = (prefixes: readonly string[]): string => {
    const hash = createHash('sha256');
    const chosen = files
      .filter(({ elements }) => prefixes.includes(elements.prefix))
      .sort((a, b) => (a.name < b.name ? -1 : 1));
    for (const { elements, sha256 } of chosen) {
      hash.update(`${elements.prefix}${elements.part ?? ''}:`).update(sha256);
    }
    return hash.digest('hex');
  };
  return { contentKey: digest(['FI']), sealKey: digest(['FI', 'FS']) };
}

async function inspect(
  parts: StageParts,
  batch: Batch,
  save: Parameters<Stages['inspect']>[1],
): Promise<Inspected> {
  let chunks = 0;
  const verdict = await inspectContent(
    batch,
    parts.contentPorts,
    parts.contentLimits,
    async (chunk) => {
      const { judged, ...place } = chunk;
      await save(place, judged);
      parts.memory.keep(batch.id, place.seq, judged);
      chunks += 1;
    },
  );
  if (verdict.problems.length > 0) parts.memory.drop(batch.id);
  if (verdict.problems.length === 0 && verdict.forms > declarationsPerBatchMax) {
    const detail = `${String(verdict.forms)} declarations in one file`;
    return { ...verdict, chunks, problems: [{ code: '275', detail }] };
  }
  return { ...verdict, chunks };
}

async function answer(
  parts: StageParts,
  o: {
    readonly kind: AnswerKind;
    readonly sender: string;
    readonly environment: Environment;
    readonly at: Date;
  },
  text: Parameters<typeof answerFiles>[0]['text'],
): Promise<readonly ParcelFile[]> {
  const date = brusselsDate(o.at).replaceAll('-', '');
  const sequence = sequenceOf(await parts.ledger.nextSequence(date, o.environment));
  const { kind, environment, at } = o;
  return answerFiles({
    ...{ kind, environment, at, date, sequence, text },
    zipped: kind !== 'ACRF' && (await wantsZipped(parts.identity, o.sender)),
    sign: (sha256) => Buffer.from(sealText(sealDigest({ sha256, ...parts.signing, at })), 'ascii'),
    blobs: parts.blobs,
  });
}

async function wantsZipped(identity: Identity, sender: string): Promise<boolean> {
  const number = parseSenderNumber(sender);
  if (number === undefined) return false;
  return (await identity.senders.senderOf(number))?.profile.zippedAnswers ?? false;
}

function notification(parts: StageParts, batch: Batch, at: Date): Promise<readonly ParcelFile[]> {
  const story = { ...batch, channel: receptionChannelOf(batch.channel), at };
  const text = notificationChunks(story, notifiedForms(parts.ledger, batch));
  return answer(parts, { ...batch, kind: 'NOTI', at }, text);
}

/** The file of a set in parts that a declaration stands in; undefined when there is only one. */
function fileOf({ files }: Batch, number: number): string | undefined {
  const parts = files.filter(({ prefix }) => prefix === 'FI');
  if (parts.length < 2) return undefined;
  return parts.findLast(({ firstForm }) => firstForm !== undefined && firstForm <= number)?.name;
}

async function* notifiedForms(ledger: Ledger, batch: Batch): AsyncGenerator<NotifiedForm> {
  for await (const row of ledger.declarations(batch.id)) {
    const {
      employerKind: kind,
      employerNumber: number,
      quarter,
      reference,
      header,
      findings,
    } = row;
    const file = fileOf(batch, row.number);
    yield {
      ticket: ticketOf(batch.id, row.number),
      header,
      employers: kind === undefined || number === undefined ? [] : [{ kind, number }],
      ...(reference === undefined ? {} : { reference }),
      ...(quarter === undefined ? {} : { quarter }),
      verdict: row.accepted ? 'accepted' : 'refused',
      findings,
      ...(file === undefined ? {} : { file }),
    };
  }
}

async function statement(
  parts: StageParts,
  batch: Batch,
  at: Date,
): Promise<readonly ParcelFile[]> {
  const text = statementChunks({ ...batch, at }, statedForms(parts.ledger, batch));
  return answer(parts, { ...batch, kind: 'STAT', at }, text);
}

async function* statedForms(ledger: Ledger, batch: Batch): AsyncGenerator<StatedForm> {
  for await (const row of ledger.assessments(batch.id)) {
    const company = parseEnterpriseNumber(row.employerNumber ?? '');
    if (company === undefined) continue;
    const { header, reference, year } = row;
    yield {
      ticket: ticketOf(batch.id, row.number),
      ...{ header, company, year },
      ...(reference === undefined ? {} : { reference }),
      provisional: true,
      assessment: JSON.parse(row.result) as StatedAssessment,
    };
  }
}

/** Each declaration as a signed answer of its own, addressed to whom routing chose. */
async function dispatch(
  parts: StageParts,
  batch: Batch,
  forms: readonly RoutedForm[],
  at: Date,
): Promise<readonly NewParcel[]> {
  const reader = openForms(batch, parts.contentPorts, parts.contentLimits);
  const { id: batchId, environment } = batch;
  const directory = outDirectories[environment];
  try {
    const parcels: NewParcel[] = [];
    for (const form of forms) {
      const { number, recipient } = form;
      const document = await reader.documentOf(form);
      const sender = form.channel === 'ebox' ? undefined : form.sender;
      const story = { kind: 'ROUT', sender: sender ?? '', environment, at } as const;
      parcels.push({
        ...{ batchId, kind: 'ROUT', sender, recipient, directory, at },
        declaration: { number, ticket: ticketOf(batchId, number) },
        // A batch channel that nobody registered leads nowhere; every enterprise has an e-Box.
        channel: sender === undefined ? 'ebox' : form.channel,
        files: await answer(parts, story, document),
      });
    }
    return parcels;
  } finally {
    await reader.close();
  }
}

function receptionChannelOf(channel: string): ReceptionChannel {
  return channel === 'amqp' ? 'amqp' : 'sftp';
}
