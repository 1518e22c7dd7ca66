import { consumerKeyDigest } from '@sluice/service/consumer-key';
import { ConsumerIndex } from './consumer-index.ts';
import { consumerHeader } from './consumer-memory.ts';
import type { ConsumerMemory } from './consumer-memory.ts';
import { ConsumerRecords } from './consumer-records.ts';
import type { ConsumerTexts, FoundConsumer } from './consumer-records.ts';
import { digestWords } from './encode-consumer.ts';
import { hashKey } from './hashed-counts.ts';
import type { SharedInts } from './shared-count.ts';

/** Why there is no consumer for what was sent. */
export type UnknownConsumer = 'unknown' | 'disabled' | 'expired';

type Kind = 'key' | 'peekedKey' | 'id' | 'subject' | 'idAsSubject';

/** What a record says, as objects. */
interface Reading {
  readonly record: number;
  readonly sequence: number;
  readonly texts: ConsumerTexts;
}

/** How many readings each thread keeps. */
const keptReadings = 4096;

/**
 * The consumers of a node, as one of its threads sees them. Reading waits for nobody, and is of the moment: a key that was
 * revoked just now is not found.
 *
 * A key is always hashed once and compared with the keys of a consumer, even when nobody has it. So the time says nothing about
 * which keys there are (e2e/consumers/timing.servers.test.ts).
 */
export class ConsumerDirectory {
  readonly #index: ConsumerIndex;
  readonly #fileIndex: ConsumerIndex;
  readonly #records: ConsumerRecords;
  readonly #header: SharedInts;
  readonly #now: () => number;
  /** Of the key that is looked up. */
  readonly #digest = new Int32Array(8);
  /** The record that each place was asked for last. */
  readonly #asked = new Int32Array(keptReadings);
  readonly #readings: (Reading | undefined)[] = Array.from({ length: keptReadings }, () => undefined);

  /** `now` is the time of day, in milliseconds since 1970. */
  constructor(memory: ConsumerMemory, now: () => number = Date.now) {
    this.#index = new ConsumerIndex(memory);
    this.#fileIndex = new ConsumerIndex(memory);
    this.#records = new ConsumerRecords(memory);
    this.#header = new Int32Array(memory.header);
    this.#now = now;
  }

  /** The consumer that has this key, or why there is none. The use of the key is noted. */
  find(key: string): FoundConsumer | UnknownConsumer {
    digestWords(consumerKeyDigest(key), this.#digest);
    return this.#look('key', this.#digest[0], key);
  }

  /** The same as `find`, and the use of the key is not noted. */
  peek(key: string): FoundConsumer | UnknownConsumer {
    digestWords(consumerKeyDigest(key), this.#digest);
    return this.#look('peekedKey', this.#digest[0], key);
  }

  byId(consumerId: string): FoundConsumer | UnknownConsumer {
    return this.#look('id', idTag(consumerId), consumerId);
  }

  /** The consumer that a certificate or login calls so: by one of its subjects, or by its id when it has none. */
  bySubject(subject: string): FoundConsumer | UnknownConsumer {
    const found = this.#look('subject', subjectTag(subject), subject);
    return found === 'unknown' ? this.#look('idAsSubject', idTag(subject), subject) : found;
  }

  #look(kind: Kind, tag: number, text: string): FoundConsumer | UnknownConsumer {
    for (;;) {
      const found = this.#tryToLook(kind, tag, text);
      if (found !== undefined) return found;
    }
  }

  /** Undefined when something was changed under its eyes. For a key that nobody has, one record is read in vain. */
  #tryToLook(kind: Kind, tag: number, text: string): FoundConsumer | UnknownConsumer | undefined {
    const now = this.#now();
    const isKey = kind === 'key' || kind === 'peekedKey';
    let found: FoundConsumer | UnknownConsumer = 'unknown';
    this.#index.begin(tag);
    const first = this.#index.next() || (isKey ? this.#index.another() : 0);
    for (let record = first; record !== 0; record = this.#index.next()) {
      const sequence = this.#records.sequence(record);
      if (!this.#index.leadsTo(record)) return undefined;
      const place = this.#placeOf(kind, record, text);
      const isFromFile = this.#records.origin(record) === 'file';
      const next: FoundConsumer | UnknownConsumer = place === -1 ? found : this.#judge(record, place, now, kind);
      const isShadowed = place !== -1 && !isFromFile && this.#isInFile(record);
      if (sequence % 2 !== 0 || this.#records.sequence(record) !== sequence) return undefined;
      if (isShadowed) continue;
      if (place !== -1 && isFromFile) return next;
      found = next;
    }
    return this.#index.wasReplaced ? undefined : found;
  }

  /** Where in a record the text is: the number of the key, or the place after the last key; -1 when it is another record. */
  #placeOf(kind: Kind, record: number, text: string): number {
    if (kind === 'key' || kind === 'peekedKey') return this.#records.keyWith(record, this.#digest);
    const { consumerId, subjects } = this.#read(record).texts;
    const isCalledSo = kind === 'subject' ? subjects.includes(text) : consumerId === text;
    return isCalledSo && (kind !== 'idAsSubject' || subjects.length === 0) ? this.#records.keyCount(record) : -1;
  }

  #judge(record: number, place: number, now: number, kind: Kind): FoundConsumer | UnknownConsumer {
    if (!this.#records.isEnabled(record)) return 'disabled';
    if (this.#records.expiresAt(record) <= now) return 'expired';
    if (place < this.#records.keyCount(record)) {
      if (this.#records.keyExpiresAt(record, place) <= now) return 'expired';
      if (kind === 'key') this.#records.noteUse(record, place, Math.floor(now / 1000));
    }
    const { texts } = this.#read(record);
    return place === 0 ? texts : { ...texts, keyId: texts.keyIds[place] };
  }

  /** Whether the file has a consumer with the id of this one, which is not used then. */
  #isInFile(record: number): boolean {
    if (Atomics.load(this.#header, consumerHeader.fromFile) === 0) return false;
    const { consumerId } = this.#read(record).texts;
    this.#fileIndex.begin(idTag(consumerId));
    for (let other = this.#fileIndex.next(); other !== 0; other = this.#fileIndex.next()) {
      const isIt = this.#records.origin(other) === 'file' && this.#read(other).texts.consumerId === consumerId;
      if (!this.#fileIndex.leadsTo(other)) return this.#isInFile(record);
      if (isIt) return true;
    }
    return this.#fileIndex.wasReplaced ? this.#isInFile(record) : false;
  }

  #read(record: number): Reading {
    const sequence = this.#records.sequence(record);
    const place = record % keptReadings;
    const kept = this.#readings[place];
    if (kept?.record === record && kept.sequence === sequence) return kept;
    const reading = { record, sequence, texts: this.#records.texts(record) };
    // perf: what outlives its request costs the garbage collector, so only what is asked for again is kept (consumers.bench.ts).
    if (this.#asked[place] !== record) this.#asked[place] = record;
    else if (sequence % 2 === 0) this.#readings[place] = reading;
    return reading;
  }
}

/** The entry of an id in the index, which ids, keys and subjects share. */
export function idTag(consumerId: string): number {
  return hashKey(consumerId, 0x1d5eed);
}

/** The entry of a subject in the index. */
export function subjectTag(subject: string): number {
  return hashKey(subject, 0x5b7ec7);
}
