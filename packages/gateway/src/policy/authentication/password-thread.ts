/** The thread that checks passwords, one after the other: checking one keeps a processor busy for a quarter of a second. */
import { compareSync } from 'bcryptjs';
import { argon2Sync, timingSafeEqual } from 'node:crypto';
import { setPriority } from 'node:os';
import { parentPort } from 'node:worker_threads';
import type { PasswordQuestion } from './passwords.ts';

/** Requests go first. On Linux this is the priority of the thread; elsewhere it would be that of the process. */
if (process.platform === 'linux') setPriority(10);

parentPort?.on('message', ({ password, hash }: PasswordQuestion) => {
  parentPort?.postMessage(hash.startsWith('$2') ? compareSync(password, hash) : matchesArgon2(password, hash));
});

/** The hash is in the PHC string format, and was found right when its file was read. */
function matchesArgon2(password: string, text: string): boolean {
  const [, , , cost, salt, kept] = text.split('$');
  const [memory, passes, parallelism] = cost.split(',').map((part) => Number(part.slice(2)));
  const expected = Buffer.from(kept, 'base64');
  const nonce = Buffer.from(salt, 'base64');
  const options = { message: password, nonce, tagLength: expected.length, memory, passes, parallelism };
  return timingSafeEqual(argon2Sync('argon2id', options), expected);
}
