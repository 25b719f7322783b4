import { z } from 'zod';
import { Failure, languages } from '../vocabulary/index.ts';
import type { ApplicationRecord, QualityType } from '../identity/index.ts';
import { readNamedFiles } from './named-file.ts';

const text = z.string().min(1).max(80);
const labels = z.record(z.enum(languages), text);
const ordinal = z.int().min(0).max(10_000);

const application = z.strictObject({
  code: text,
  labels,
  qualityTypes: z.array(text).max(100),
  roles: z.array(z.strictObject({ code: text, labels })).max(50),
  certificateRequired: z.boolean(),
  ordinal,
});

const characters = z.int().min(1).max(200);

const qualityType = z.strictObject({
  code: text,
  labels,
  fields: z
    .array(
      z.strictObject({
        name: text,
        kind: z.enum(['text', 'digits', 'date', 'email', 'phone', 'nsso']),
        required: z.boolean(),
        min: characters.exactOptional(),
        max: characters.exactOptional(),
        labels,
      }),
    )
    .max(50),
  needsEntitlement: z.boolean(),
  ordinal,
});

/** @throws Failure `cli.unreadable` for what is no JSON, `registration.invalid` for another shape */
export function readApplicationFile(file: string): Promise<ApplicationRecord> {
  return read(file, application);
}

/** @throws Failure as `readApplicationFile` */
export function readQualityTypeFile(file: string): Promise<QualityType> {
  return read(file, qualityType);
}

async function read<T>(file: string, shape: z.ZodType<T>): Promise<T> {
  const [bytes = Buffer.alloc(0)] = await readNamedFiles([file]);
  const result = shape.safeParse(json(file, bytes));
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const field = issue?.path.join('.') ?? '';
  throw new Failure('registration.invalid', { file, field, why: issue?.message ?? '' });
}

function json(file: string, bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch (error) {
    throw new Failure('cli.unreadable', { file, why: 'it is not JSON' }, error);
  }
}
