import type { ConsumerDocument } from '@sluice/model';
import type { ConsumerMemory } from './consumer-memory.ts';
import { flag, head, keyAt, keyPlaces, listOf, textStart } from './encode-consumer.ts';
import type { ConsumerOrigin } from './encode-consumer.ts';
import type { SharedInts } from './shared-count.ts';

/** What many consumers have in common. */
interface Profile {
  readonly organization: string;
  readonly tier: string;
  readonly scopes: readonly string[];
  readonly roles: readonly string[];
  readonly permissions: readonly string[];
}

/** A consumer as a request needs it. */
export interface KnownConsumer extends Profile {
  readonly consumerId: string;
  readonly name: string;
}

/** A consumer, and the key by which it was found. */
export interface FoundConsumer extends KnownConsumer {
  readonly keyId: string | undefined;
}

/** The texts of a record, with its first key. */
export interface ConsumerTexts extends FoundConsumer {
  /** Empty when it is the id. */
  readonly subjects: readonly string[];
  readonly keyIds: readonly string[];
}

const keptProfiles = 8192;
const none: readonly string[] = [];

/**
 * The records of consumers in shared memory, each in one piece. A record never changes while anything leads to it: a change
 * writes another one. The sequence tells a reader that the room was given to another.
 */
export class ConsumerRecords {
  readonly #words: SharedInts;
  readonly #numbers: Float64Array<SharedArrayBuffer>;
  readonly #bytes: Buffer;
  readonly #profiles = new Map<number, Profile>();

  constructor({ records }: Pick<ConsumerMemory, 'records'>) {
    this.#words = new Int32Array(records);
    this.#numbers = new Float64Array(records);
    this.#bytes = Buffer.from(records);
  }

  sequence(record: number): number {
    return Atomics.load(this.#words, 16 * record + head.sequence);
  }

  origin(record: number): ConsumerOrigin {
    return (this.#words[16 * record + head.flags] & flag.file) === 0 ? 'control' : 'file';
  }

  isEnabled(record: number): boolean {
    return (this.#words[16 * record + head.flags] & flag.enabled) !== 0;
  }

  expiresAt(record: number): number {
    return this.#numbers[8 * record + head.expiresAt / 2];
  }

  keyCount(record: number): number {
    return this.#words[16 * record + head.keys];
  }

  /** Which key of a record has this digest; -1 for none. All words of a key are compared, however early they differ. */
  keyWith(record: number, digest: Int32Array): number {
    const count = this.keyCount(record);
    for (let key = 0; key < count; key++) {
      const at = keyAt(record, key);
      let difference = 0;
      for (let word = 0; word < 8; word++) difference |= this.#words[at + word] ^ digest[word];
      if (difference === 0) return key;
    }
    return -1;
  }

  /** The first 32 bits of the digest of a key. */
  keyTag(record: number, key: number): number {
    return this.#words[keyAt(record, key)];
  }

  keyExpiresAt(record: number, key: number): number {
    return this.#numbers[(keyAt(record, key) + keyPlaces.expiresAt) / 2];
  }

  /** When the key was used last, in seconds since 1970; 0 for never. */
  usedAt(record: number, key: number): number {
    return this.#words[keyAt(record, key) + keyPlaces.usedAt] >>> 0;
  }

  /** Several threads may note uses: the last one stays. */
  noteUse(record: number, key: number, seconds: number): void {
    const at = keyAt(record, key) + keyPlaces.usedAt;
    if (this.#words[at] !== (seconds | 0)) this.#words[at] = seconds;
  }

  // perf: fields are split from one text, which is quicker than JSON (consumers.bench.ts).
  texts(record: number): ConsumerTexts {
    const start = textStart(record, this.keyCount(record));
    const end = start + this.#words[16 * record + head.textBytes];
    const { organization, tier, scopes, roles, permissions } = this.#profile(record, end);
    // perf: no list of the four lines: consumers.bench.ts.
    const text = this.#bytes.toString('utf8', start, end);
    const idEnd = lineEnd(text, 0);
    const nameEnd = lineEnd(text, idEnd + 1);
    const keysEnd = lineEnd(text, nameEnd + 1);
    const keyIds = listOf(text.slice(nameEnd + 1, keysEnd));
    const [consumerId, name] = [text.slice(0, idEnd), text.slice(idEnd + 1, nameEnd)];
    return {
      consumerId,
      name,
      organization,
      tier,
      scopes,
      roles,
      permissions,
      keyId: keyIds[0],
      subjects: listOf(text.slice(keysEnd + 1, lineEnd(text, keysEnd + 1))),
      keyIds,
    };
  }

  /** What the record was made from, with each key by its hash. */
  document(record: number): ConsumerDocument {
    const { keyId: _keyId, keyIds, ...texts } = this.texts(record);
    const keys = keyIds.map((keyId, key) => {
      const start = 4 * keyAt(record, key);
      const hash = this.#bytes.toString('hex', start, start + 32);
      return { keyId, hash, expiresAt: isoTime(this.keyExpiresAt(record, key)) };
    });
    return { ...texts, isEnabled: this.isEnabled(record), expiresAt: isoTime(this.expiresAt(record)), keys };
  }

  bytes(record: number): number {
    const at = 16 * record;
    const texts = this.#words[at + head.textBytes] + this.#words[at + head.profileBytes];
    return textStart(0, this.keyCount(record)) + texts;
  }

  /** Writes a record that was made by `encodeConsumer`. The room must be nobody's. */
  write(record: number, encoded: Buffer): void {
    const at = 16 * record + head.sequence;
    const sequence = Atomics.load(this.#words, at) | 1;
    Atomics.store(this.#words, at, sequence);
    this.#bytes.set(encoded.subarray(4), 64 * record + 4);
    Atomics.store(this.#words, at, sequence + 1);
  }

  /** Nothing leads to the record any more: its room is nobody's from now on. */
  forget(record: number): void {
    Atomics.add(this.#words, 16 * record + head.sequence, 1);
  }

  /** Whether a record has this content. */
  has(record: number, encoded: Buffer): boolean {
    const start = 64 * record;
    return this.#bytes.subarray(start + 4, start + this.bytes(record)).equals(encoded.subarray(4));
  }

  /** perf: each thread reads a profile once, whatever the number of consumers that have it (consumers.bench.ts). */
  #profile(record: number, start: number): Profile {
    const sequence = this.sequence(record);
    const number = this.#words[16 * record + head.profile];
    const known = this.#profiles.get(number);
    if (known !== undefined) return known;
    const end = start + this.#words[16 * record + head.profileBytes];
    const [organization = '', tier = '', ...lists] = this.#bytes.toString('utf8', start, end).split('\n');
    const [scopes = none, roles = none, permissions = none] = lists.map(listOf);
    const profile = { organization, tier, scopes, roles, permissions };
    // Neither number nor text is trusted while the record is somebody else's.
    if (sequence % 2 !== 0 || this.sequence(record) !== sequence) return profile;
    if (this.#profiles.size >= keptProfiles) this.#profiles.clear();
    this.#profiles.set(number, profile);
    return profile;
  }
}

function isoTime(ms: number): string | undefined {
  return ms === Number.POSITIVE_INFINITY ? undefined : new Date(ms).toISOString();
}

function lineEnd(text: string, from: number): number {
  const end = text.indexOf('\n', from);
  return end === -1 ? text.length : end;
}
