import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Where the server that all tests of this user share keeps its data. */
export function testDataDirectory() {
  return join(tmpdir(), `sluis-test-${String(process.getuid?.() ?? 0)}`);
}
