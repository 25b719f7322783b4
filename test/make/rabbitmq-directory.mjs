import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Where the broker that all test files of one run share keeps everything; named by the run. */
export function brokerDirectory(runPid) {
  return join(tmpdir(), `sluis-test-broker-${String(runPid)}`);
}
