import { createRequire } from 'node:module';
import { cpus, loadavg, totalmem } from 'node:os';

const require = createRequire(import.meta.url);

/**
 * What a reader must know of the machine to compare: no name and no path of it. A load above the
 * number of cores says that it was busy with something else as well.
 */
export async function machineFacts() {
  const gigabytes = Math.round(totalmem() / 1024 ** 3);
  const addon = hasNativeAddon() ? 'with' : 'without';
  return `${cpus().length} cores, ${gigabytes} GB, node ${process.version}, ssh2 ${addon} its native addon, load ${loadavg()[0].toFixed(1)}`;
}

/** ssh2 encrypts in C++ when its addon was compiled at installation, in JavaScript otherwise. */
function hasNativeAddon() {
  try {
    require('ssh2/lib/protocol/crypto/build/Release/sshcrypto.node');
    return true;
  } catch {
    return false;
  }
}
