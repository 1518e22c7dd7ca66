import { readFileSync } from 'node:fs';
import { totalmem } from 'node:os';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterEach } from 'vitest';

/**
 * The shared memory of a node is large, and most of it is never touched. V8 does not collect unused memory of this kind in
 * time: after some dozens of nodes it has more addresses than the machine has memory, and Linux starts no process then
 * (ENOMEM). So the garbage is collected whenever a quarter of that has come.
 */
const limitBytes = totalmem() / 4;
const pageBytes = 4096;

/** All addresses of this process in bytes; 0 where the system does not tell. */
function addressBytes(): number {
  if (process.platform !== 'linux') return 0;
  return Number(readFileSync('/proc/self/statm', 'latin1').split(' ', 1)[0]) * pageBytes;
}

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

// Files that share a process share this: what is in use besides garbage, such as what Node reserves for WebAssembly.
const inUse = Symbol.for('sluice.bytesInUse');
const shared = process as unknown as { [inUse]?: number };

afterEach(() => {
  const bytes = addressBytes();
  shared[inUse] = Math.min(shared[inUse] ?? bytes, bytes);
  if (bytes - shared[inUse] < limitBytes) return;
  collectGarbage();
  shared[inUse] = addressBytes();
});
