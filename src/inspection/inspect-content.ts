import type { Environment } from '../vocabulary/index.ts';
import type { ContentSource, SealVerdict, TrustList } from '../seal/index.ts';
import type { FileVerdict, JudgedChunk } from '../validation/index.ts';
import { checkRights, checkSignature, checkSizes, type SizeLimits } from './content-checks.ts';
import type { Problem } from './name-checks.ts';
import type { SenderFacts } from './ports.ts';
import { isZip, unpack, type UnpackLimits } from './unpack.ts';

export interface InspectedFile {
  readonly prefix: string;
  readonly part: number;
  readonly name: string;
  readonly bytes: number;
  readonly sha256: Buffer;
  readonly blob: string;
}

export interface SetContent {
  readonly sender: string;
  readonly type: string;
  readonly environment: Environment;
  /** The channel the set came by. */
  readonly channel: string;
  readonly receivedAt: Date;
  readonly files: readonly InspectedFile[];
}

/** A declaration file ready to be read: unpacked when it came zipped. */
interface ReadyPart {
  readonly file: InspectedFile;
  readonly path: string;
  readonly bytes: number;
  readonly zipped: boolean;
}

export interface ContentPorts {
  senderFacts(number: string): Promise<SenderFacts>;
  /** Why the set may not come by its channel, when nothing else is wrong with its rights. */
  checkChannel(set: SetContent): Promise<readonly Problem[]>;
  /** The sender a certificate was registered for at an instant. */
  ownerOf(fingerprint: string, at: Date): Promise<string | undefined>;
  trust(): Promise<TrustList>;
  verify(o: {
    readonly signature: Buffer;
    readonly content: ContentSource;
    readonly trust: TrustList;
    readonly at: Date;
  }): Promise<SealVerdict>;
  /** Where the bytes of a blob can be read on this machine. */
  pathOf(blob: string): string;
  read(path: string): AsyncIterable<Buffer>;
  readWhole(path: string, bytesMax: number): Promise<Buffer>;
  /** A new path for an unpacked file; `discard` removes it. */
  scratch(): Promise<{ readonly path: string; discard(): Promise<void> }>;
  sizeOf(path: string): Promise<number>;
  judge(
    set: SetContent,
    parts: readonly { readonly path: string; readonly bytes: number }[],
    onChunk: (chunk: JudgedChunk) => Promise<void>,
  ): Promise<FileVerdict>;
}

export interface ContentVerdict {
  readonly problems: readonly Problem[];
  /** SHA-256 fingerprint of the certificate that signed part 1. */
  readonly signer: string | undefined;
  readonly root: string;
  readonly version: string;
  readonly forms: number;
}

export type ContentLimits = SizeLimits & UnpackLimits;

/**
 * Reception checks 10 to 14 on one set, in their published order: sizes and archives, signature,
 * rights, XML and schema. A check is made only when those before it passed, unless the sender
 * wants every error at once.
 */
export async function inspectContent(
  set: SetContent,
  ports: ContentPorts,
  limits: ContentLimits,
  onChunk: (chunk: JudgedChunk) => Promise<void>,
): Promise<ContentVerdict> {
  const facts = await ports.senderFacts(set.sender);
  const problems: Problem[] = [];
  const goOn = (): boolean => problems.length === 0 || facts.allErrors;
  const scratches: { discard(): Promise<void> }[] = [];
  try {
    problems.push(...checkSizes(set.files, limits));
    if (problems.length > 0) return refusal(problems);
    const parts = await makeReady(set, ports, limits, { problems, scratches });
    const unreadable = problems.length > 0;
    let signer: string | undefined;
    if (goOn() && !unreadable) signer = await verifyParts(set, parts, ports, problems);
    if (goOn()) {
      const rights = checkRights(facts, set);
      problems.push(...(rights.length > 0 ? rights : await ports.checkChannel(set)));
    }
    if (!goOn() || unreadable) return refusal(problems);
    const paths = parts.map(({ path, bytes }) => ({ path, bytes }));
    const verdict = await ports.judge(set, paths, onChunk);
    problems.push(...verdict.problems.map((problem) => problemOf(problem, parts)));
    const { root = '', version = '', forms } = verdict;
    return { problems, signer, root, version, forms };
  } finally {
    for (const scratch of scratches) await scratch.discard();
  }
}

function refusal(problems: readonly Problem[]): ContentVerdict {
  return { problems, signer: undefined, root: '', version: '', forms: 0 };
}

function problemOf(problem: FileVerdict['problems'][number], parts: readonly ReadyPart[]): Problem {
  const { code, line, column } = problem;
  const place = line === undefined ? '' : ` (line ${String(line)}${columnText(column)})`;
  const name = parts.length > 1 ? parts[problem.part - 1]?.file.name : undefined;
  const inFile = name === undefined ? '' : ` in ${name}`;
  return { code, detail: `${problem.detail}${place}${inFile}` };
}

function columnText(column: number | undefined): string {
  return column === undefined ? '' : `, column ${String(column)}`;
}

async function makeReady(
  set: SetContent,
  ports: ContentPorts,
  limits: ContentLimits,
  found: { readonly problems: Problem[]; readonly scratches: { discard(): Promise<void> }[] },
): Promise<readonly ReadyPart[]> {
  const parts: ReadyPart[] = [];
  let setBytesLeft = limits.setBytesMax;
  for (const file of ordered(set.files, 'FI')) {
    const path = ports.pathOf(file.blob);
    if (!(await isZip(path))) {
      parts.push({ file, path, bytes: file.bytes, zipped: false });
      setBytesLeft -= file.bytes;
      continue;
    }
    const scratch = await ports.scratch();
    found.scratches.push(scratch);
    const archive = { path, packedBytes: file.bytes, setBytesLeft, target: scratch.path };
    const problems = await unpack(archive, limits);
    found.problems.push(...problems.map((problem) => ({ ...problem, fileName: file.name })));
    if (problems.length > 0) {
      // Nine parts that are each refused late would take nine times the space of one.
      await scratch.discard();
      continue;
    }
    const bytes = await ports.sizeOf(scratch.path);
    parts.push({ file, path: scratch.path, bytes, zipped: true });
    setBytesLeft -= bytes;
  }
  return parts;
}

function ordered(files: readonly InspectedFile[], prefix: string): readonly InspectedFile[] {
  return files.filter((file) => file.prefix === prefix).sort((a, b) => a.part - b.part);
}

/**
 * Check 11 for every part. A simulation may come without signatures; one that is there is
 * verified all the same, so that a simulation shows what production would say.
 */
async function verifyParts(
  set: SetContent,
  parts: readonly ReadyPart[],
  ports: ContentPorts,
  problems: Problem[],
): Promise<string | undefined> {
  const signatures = ordered(set.files, 'FS');
  if (signatures.length === 0) return undefined;
  const trust = await ports.trust();
  let signer: string | undefined;
  for (const part of parts) {
    const file = signatures.find((one) => one.part === part.file.part);
    if (file === undefined) continue;
    const signature = await ports.readWhole(ports.pathOf(file.blob), file.bytes);
    const verdict = await verifyPart({ part, signature, trust, at: set.receivedAt }, ports);
    const owner = verdict.ok
      ? await ports.ownerOf(verdict.signer.fingerprint, set.receivedAt)
      : undefined;
    if (verdict.ok) signer ??= verdict.signer.fingerprint;
    problems.push(...checkSignature(verdict, { sender: set.sender, owner }));
  }
  return signer;
}

/** The signature of a zipped file may cover the archive as sent, or the declarations in it. */
async function verifyPart(
  o: {
    readonly part: ReadyPart;
    readonly signature: Buffer;
    readonly trust: TrustList;
    readonly at: Date;
  },
  ports: ContentPorts,
): Promise<SealVerdict> {
  const { part, signature, trust, at } = o;
  const { blob, sha256 } = part.file;
  const sent: ContentSource = { sha256, open: () => ports.read(ports.pathOf(blob)) };
  const verdict = await ports.verify({ signature, content: sent, trust, at });
  if (verdict.ok || !part.zipped || verdict.code !== 'SIG_CONTENT_ALTERED') return verdict;
  const unpacked: ContentSource = { open: () => ports.read(part.path) };
  return ports.verify({ signature, content: unpacked, trust, at });
}
