/** Files of users as htpasswd writes them: `name:hash`, a line each. Only hashes that resist guessing are accepted. */
import { hash } from 'node:crypto';

/** The users of a file, with the hashes of their passwords. */
export interface Users {
  hashOf(name: string): string | undefined;
  /**
   * The hash of some user, always the same one for a name. Checking it takes as long for a name that nobody has as checking a
   * password does for one that somebody has.
   */
  decoyFor(name: string): string;
}

const mostUsers = 100_000;
const longestName = 255;
/** A bcrypt cost of 14 takes seconds already. */
const mostBcryptCost = 14;

const bcrypt = /^\$2[aby]\$(\d{2})\$[./A-Za-z0-9]{53}$/;
const argon2id = /^\$argon2id\$v=19\$m=(\d{1,6}),t=(\d{1,2}),p=(\d{1,2})\$[A-Za-z0-9+/]{11,86}\$[A-Za-z0-9+/]{22,86}$/;
/** More memory or more passes than this would take a machine down. */
const mostArgon2 = { memory: 131_072, passes: 10, lanes: 4 };

/** Hashes that are guessed too fast, in the words of those who use them. */
const weak: readonly (readonly [form: RegExp, name: string])[] = [
  [/^\$apr1\$/, 'MD5 (apr1)'],
  [/^\$1\$/, 'MD5'],
  [/^\{SHA\}/i, 'SHA-1'],
  [/^\{SSHA\}/i, 'salted SHA-1'],
  [/^\$5\$/, 'SHA-256 (crypt)'],
  [/^\$6\$/, 'SHA-512 (crypt)'],
  [/^\$argon2[di]?\$/, 'another kind of Argon2 than argon2id'],
];

/**
 * Reads a file of users; each character of `bytes` is a byte. Throws a SyntaxError that names the line of the first fault, and
 * nothing of what is in it.
 */
export function readUsers(bytes: string): Users {
  const users = new Map<string, string>();
  const text = Buffer.from(bytes, 'latin1').toString('utf8');
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    if (line.trim() === '' || line.startsWith('#')) continue;
    const fault = addUser(users, line);
    if (fault !== undefined) throw new SyntaxError(`line ${index + 1}: ${fault}`);
  }
  const hashes = [...users.values()];
  if (hashes.length === 0) throw new SyntaxError('it has no users: expected lines such as those of htpasswd -B');
  if (hashes.length > mostUsers) throw new SyntaxError(`it has more than ${mostUsers} users`);
  return {
    hashOf: (name) => users.get(name),
    decoyFor: (name) => hashes[parseInt(hash('sha256', name, 'hex').slice(0, 8), 16) % hashes.length],
  };
}

function addUser(users: Map<string, string>, line: string): string | undefined {
  const colon = line.indexOf(':');
  if (colon < 1) return 'expected a name, a colon and a hash';
  const name = line.slice(0, colon);
  if (name.length > longestName) return `the name is longer than ${longestName} characters`;
  if (users.has(name)) return 'this user is there twice';
  const written = line.slice(colon + 1).trim();
  users.set(name, written);
  return hashFault(written);
}

function hashFault(written: string): string | undefined {
  const cost = bcrypt.exec(written)?.[1];
  if (cost !== undefined) {
    if (Number(cost) >= 4 && Number(cost) <= mostBcryptCost) return undefined;
    return `expected a bcrypt cost of 4 to ${mostBcryptCost}`;
  }
  const [whole, memory, passes, lanes] = argon2id.exec(written)?.map(Number) ?? [];
  if (whole !== undefined) {
    const tooMuch = memory > mostArgon2.memory || passes > mostArgon2.passes || lanes > mostArgon2.lanes;
    if (tooMuch) return 'this argon2id hash costs more than m=131072,t=10,p=4';
    return passes < 1 || lanes < 1 || memory < 8 * lanes ? 'this is no argon2id hash' : undefined;
  }
  const name = weak.find(([form]) => form.test(written))?.[1];
  const found = name === undefined ? 'is no hash that can be read' : `is hashed by ${name}, which is guessed too fast`;
  return `the password ${found}: use htpasswd -B (bcrypt) or argon2id`;
}
