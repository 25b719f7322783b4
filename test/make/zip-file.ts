import { Buffer } from 'node:buffer';
import { buffer } from 'node:stream/consumers';
import { ZipFile } from 'yazl';

/** An archive of the entries given, made by a library that is not the one under test. */
export function zipOf(entries: Readonly<Record<string, Buffer | string>>): Promise<Buffer> {
  const zip = new ZipFile();
  for (const [name, content] of Object.entries(entries)) {
    if (name.endsWith('/')) zip.addEmptyDirectory(name);
    else zip.addBuffer(Buffer.from(content), name, { mtime: new Date(0) });
  }
  zip.end();
  return buffer(zip.outputStream);
}

const localSize = 22;
const centralSize = 24;
const flagsInLocal = 6;
const flagsInCentral = 8;

/** Offset of the record of the only entry in the central directory. */
function centralOf(archive: Buffer): number {
  return archive.indexOf(Buffer.from([0x50, 0x4b, 0x01, 0x02]));
}

/** Says another unpacked size than the content has, in both places a reader may look. */
export function withClaimedSize(archive: Buffer, bytes: number): Buffer {
  const changed = Buffer.from(archive);
  changed.writeUInt32LE(bytes, localSize);
  changed.writeUInt32LE(bytes, centralOf(archive) + centralSize);
  return changed;
}

const checksumInLocal = 14;
const checksumInCentral = 16;

/** Says another checksum than the content has, as if a byte of it had been damaged. */
export function withOtherChecksum(archive: Buffer): Buffer {
  const changed = Buffer.from(archive);
  for (const at of [checksumInLocal, centralOf(archive) + checksumInCentral]) {
    changed.writeUInt32LE((changed.readUInt32LE(at) ^ 1) >>> 0, at);
  }
  return changed;
}

/** Says that the only entry is encrypted. */
export function markedEncrypted(archive: Buffer): Buffer {
  const changed = Buffer.from(archive);
  for (const at of [flagsInLocal, centralOf(archive) + flagsInCentral]) {
    changed.writeUInt16LE(changed.readUInt16LE(at) | 1, at);
  }
  return changed;
}
