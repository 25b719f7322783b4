import { open, type FileHandle } from 'node:fs/promises';
import type { ContentPorts, UnpackLimits } from './inspection/index.ts';
import { isZip, unpack } from './inspection/index.ts';
import type { Batch, RoutedForm } from './ledger.ts';
import { frameBytesMax, frameOf, routedDocument, type Frame } from './routed-document.ts';
import { Failure } from './vocabulary/index.ts';

/** The declarations of a batch, cut out of its stored files again, each as its own document. */
export interface FormReaderOfBatch {
  documentOf(form: RoutedForm): Promise<Iterable<Buffer>>;
  close(): Promise<void>;
}

interface OpenPart {
  readonly file: FileHandle;
  readonly frame: Frame;
  discard(): Promise<void>;
}

/**
 * Opens the stored files of a batch for cutting forms out of them: by their place in the part, with
 * an archive unpacked anew. A part is opened when a form of it is asked for first.
 */
export function openForms(
  batch: Batch,
  ports: Pick<ContentPorts, 'pathOf' | 'scratch'>,
  limits: UnpackLimits,
): FormReaderOfBatch {
  const parts = new Map<string, Promise<OpenPart>>();
  const partOf = (blob: string): Promise<OpenPart> => {
    const known = parts.get(blob) ?? openPart(batch, blob, ports, limits);
    parts.set(blob, known);
    return known;
  };
  return {
    async documentOf({ blob, offset, bytes }) {
      const { file, frame } = await partOf(blob);
      const form = Buffer.alloc(bytes);
      const { bytesRead } = await file.read(form, 0, bytes, offset);
      if (bytesRead < bytes) throw new Failure('storage.blob-missing', { blob, offset, bytes });
      return routedDocument(frame, form);
    },
    async close() {
      for (const part of await Promise.allSettled(parts.values())) {
        if (part.status === 'fulfilled') await part.value.discard();
      }
    },
  };
}

async function openPart(
  batch: Batch,
  blob: string,
  ports: Pick<ContentPorts, 'pathOf' | 'scratch'>,
  limits: UnpackLimits,
): Promise<OpenPart> {
  const stored = ports.pathOf(blob);
  const scratch = (await isZip(stored)) ? await ports.scratch() : undefined;
  try {
    if (scratch !== undefined) {
      const packedBytes = batch.files.find((file) => file.blob === blob)?.bytes ?? 0;
      const problems = await unpack({ path: stored, target: scratch.path, packedBytes }, limits);
      // It was unpacked before, when it was inspected.
      if (problems.length > 0) throw new Failure('gateway.defect', { blob, what: 'archive' });
    }
    const file = await open(scratch?.path ?? stored, 'r');
    const discard = async (): Promise<void> => {
      await file.close();
      await scratch?.discard();
    };
    try {
      const beginning = Buffer.alloc(frameBytesMax);
      const { bytesRead } = await file.read(beginning, 0, frameBytesMax, 0);
      return { file, frame: frameOf(beginning.subarray(0, bytesRead)), discard };
    } catch (error) {
      await file.close();
      throw error;
    }
  } catch (error) {
    await scratch?.discard();
    throw error;
  }
}
