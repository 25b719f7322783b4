import { createReadStream } from 'node:fs';
import { mkdir, mkdtemp, open, readFile, rename, rm, type FileHandle } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { verifySeal, type TrustList } from '../seal/index.ts';
import { Failure, isStorableName, type Clock, type OutDirectory } from '../vocabulary/index.ts';
import type { Link } from './link.ts';
import type { RemoteEntry } from './remote.ts';
import { readRemote } from './transfer.ts';
import { unzipOnly } from './unzip-only.ts';

/** An answer of the gateway: `FO.ACRF.999999.20260115.00001.R`, zipped when it begins with CO. */
export interface Answer {
  readonly name: string;
  /** ACRF, NOTI or another type. */
  readonly type: string;
  /** What FO, FS and GO of the answer have in common. */
  readonly remainder: string;
}

export interface AnswerBoxOptions {
  readonly link: Link;
  /** Where answers are kept; without it they go when the box is closed. */
  readonly keepIn?: string;
  /** Verify the signature of every answer against these authorities. */
  readonly trust?: TrustList;
  readonly answerBytesMax: number;
  readonly clock: Clock;
}

/** The answers of one login: looks into OUT, downloads what is complete, deletes when told to. */
export class AnswerBox {
  private readonly o: AnswerBoxOptions;
  private readonly sizes = new Map<string, number>();
  private readonly fetched = new Map<string, string>();
  private readonly dismissed = new Set<string>();
  private temporary: string | undefined;

  constructor(o: AnswerBoxOptions) {
    this.o = o;
  }

  /** From now on, what lies in the directory already is nothing new. */
  async dismissPresent(directory: OutDirectory): Promise<void> {
    for (const entry of await this.o.link.use((remote) => remote.list(directory))) {
      this.dismissed.add(stampOf(directory, entry));
    }
  }

  /**
   * The complete answers not dismissed, by name. Complete: the GO of the answer lies beside it, or
   * it has not grown since the last look.
   */
  async present(directory: OutDirectory): Promise<readonly Answer[]> {
    const entries = await this.o.link.use((remote) => remote.list(directory));
    const names = new Set(entries.map(({ name }) => name));
    return entries
      .filter((entry) => this.isComplete(directory, entry, names))
      .flatMap(({ name }) => answerOf(name) ?? [])
      .sort((one, other) => (one.name < other.name ? -1 : 1));
  }

  private isComplete(
    directory: OutDirectory,
    entry: RemoteEntry,
    names: ReadonlySet<string>,
  ): boolean {
    const { name, bytes } = entry;
    const answer = answerOf(name);
    if (answer === undefined || this.dismissed.has(stampOf(directory, entry))) return false;
    const path = `${directory}/${name}`;
    const settled = this.sizes.get(path) === bytes && bytes > 0;
    this.sizes.set(path, bytes);
    return settled || names.has(`GO.${answer.remainder}`);
  }

  /**
   * Downloads an answer once, unzips it when zipped, verifies its signature when authorities are
   * named, and answers with the path of the XML.
   *
   * @throws Failure `sender.bad-answer`, and those of the connection.
   */
  async fetch(directory: OutDirectory, answer: Answer): Promise<string> {
    const known = this.fetched.get(`${directory}/${answer.name}`);
    if (known !== undefined) return known;
    const folder = await this.folder();
    const whole = await this.download(directory, answer.name, folder);
    const path = answer.name.startsWith('CO.')
      ? await unzipOnly({ path: whole, folder, bytesMax: this.o.answerBytesMax })
      : whole;
    if (this.o.trust !== undefined) await this.verify(directory, answer, path);
    this.fetched.set(`${directory}/${answer.name}`, path);
    return path;
  }

  /** Deletes an answer and its FS and GO in OUT. */
  async collect(directory: OutDirectory, { name, remainder }: Answer): Promise<void> {
    const names = [name, `FS.${remainder}`, `GO.${remainder}`];
    for (const one of names) {
      await this.o.link.use(async (remote) => {
        const path = `${directory}/${one}`;
        if ((await remote.sizeOf(path)) !== undefined) await remote.remove(path);
      });
    }
  }

  /** Removes what was not to be kept. */
  async close(): Promise<void> {
    if (this.temporary !== undefined) await rm(this.temporary, { recursive: true, force: true });
    this.temporary = undefined;
  }

  private async folder(): Promise<string> {
    const { keepIn } = this.o;
    if (keepIn === undefined) {
      return (this.temporary ??= await mkdtemp(join(tmpdir(), 'sluis-answers-')));
    }
    await mkdir(keepIn, { recursive: true });
    return keepIn;
  }

  private async download(directory: OutDirectory, name: string, folder: string): Promise<string> {
    const path = join(folder, name);
    const partial = `${path}.partial`;
    await this.o.link.use(async (remote) => {
      const file = await open(partial, 'w');
      try {
        const source = { path: `${directory}/${name}`, bytesMax: this.o.answerBytesMax };
        for await (const block of readRemote(remote, source)) await writeWhole(file, block);
        await file.sync();
      } finally {
        await file.close();
      }
    });
    await rename(partial, path);
    return path;
  }

  private async verify(directory: OutDirectory, answer: Answer, path: string): Promise<void> {
    const { trust } = this.o;
    if (trust === undefined) return;
    const seal = await this.download(directory, `FS.${answer.remainder}`, await this.folder());
    const verdict = await verifySeal({
      signature: await readFile(seal),
      content: { open: () => createReadStream(path) },
      trust,
      at: this.o.clock.now(),
    });
    if (verdict.ok) return;
    throw new Failure('sender.bad-answer', {
      answer: answer.name,
      reason: `its signature was refused: ${verdict.code}`,
      detail: verdict.detail,
    });
  }
}

/** A name given out again for a new file is another answer. */
function stampOf(directory: OutDirectory, { name, bytes, modifiedMs }: RemoteEntry): string {
  return [directory, name, bytes, modifiedMs].join('/');
}

async function writeWhole(file: FileHandle, block: Buffer): Promise<void> {
  for (let done = 0; done < block.length;) {
    const { bytesWritten } = await file.write(block, done);
    done += bytesWritten;
  }
}

/** Undefined for anything but the FO or CO of an answer, under a name safe to keep. */
export function answerOf(name: string): Answer | undefined {
  const match = /^(?:FO|CO)\.(([A-Z0-9]{4})\.[A-Za-z0-9._-]+)$/.exec(name);
  const [, remainder, type] = match ?? [];
  if (remainder === undefined || type === undefined || !isStorableName(name)) return undefined;
  return { name, type, remainder };
}
