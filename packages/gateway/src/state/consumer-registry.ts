import type { ConsumerDocument } from '@sluice/model';
import { idTag, subjectTag } from './consumer-directory.ts';
import { ConsumerIndex, ConsumerIndexWriter } from './consumer-index.ts';
import { consumerHeader } from './consumer-memory.ts';
import type { ConsumerMemory } from './consumer-memory.ts';
import { ConsumerRecords } from './consumer-records.ts';
import { ConsumerRoom } from './consumer-room.ts';
import { digestWords, encodeConsumer } from './encode-consumer.ts';
import type { ConsumerOrigin } from './encode-consumer.ts';
import type { SharedInts } from './shared-count.ts';

/** When a key of a consumer was used last. */
export interface KeyUse {
  readonly consumerId: string;
  readonly keyId: string;
  /** In seconds since 1970. */
  readonly at: number;
}

/** Of one consumer: its id, its subjects and its keys. */
const mostEntries = 41;
const keptProfiles = 10_000;

/**
 * The main thread's side of the consumers of a node: writes them where all workers read. A change of one consumer writes its
 * record and its entries in the index, however many others there are. Equal content is no change.
 */
export class ConsumerRegistry {
  readonly #lookup: ConsumerIndex;
  readonly #index: ConsumerIndexWriter;
  readonly #records: ConsumerRecords;
  readonly #room: ConsumerRoom;
  readonly #header: SharedInts;
  readonly #profiles = new Map<string, number>();
  #lastProfile = 0;
  readonly #held: Readonly<Record<ConsumerOrigin, Set<number>>> = { file: new Set(), control: new Set() };

  constructor(memory: ConsumerMemory) {
    this.#lookup = new ConsumerIndex(memory);
    this.#index = new ConsumerIndexWriter(memory);
    this.#records = new ConsumerRecords(memory);
    this.#room = new ConsumerRoom(memory.records.byteLength);
    this.#header = new Int32Array(memory.header);
  }

  /** How many consumers there are of an origin. */
  count(origin: ConsumerOrigin): number {
    return this.#held[origin].size;
  }

  /** The ids of the consumers of an origin. */
  *ids(origin: ConsumerOrigin): Generator<string> {
    for (const record of this.#held[origin]) yield this.#records.texts(record).consumerId;
  }

  /** The consumers of an origin, as they were put. */
  *documents(origin: ConsumerOrigin): Generator<ConsumerDocument> {
    for (const record of this.#held[origin]) yield this.#records.document(record);
  }

  /** Adds or replaces a consumer; says whether that changed anything. Throws a RangeError when there is no room for it. */
  put(origin: ConsumerOrigin, consumer: ConsumerDocument): boolean {
    const before = this.#find(origin, consumer.consumerId);
    const encoded = encodeConsumer(consumer, {
      origin,
      numberOf: (profile) => this.#profileNumber(profile),
      usedAt: (hash) => (before === undefined ? 0 : this.#usedAt(before, hash)),
    });
    if (before !== undefined && this.#records.has(before, encoded)) return false;
    const record = this.#index.hasRoom(mostEntries) ? this.#room.take(encoded.length, consumer.keys.length) : undefined;
    if (record === undefined) throw new RangeError('there is no room for another consumer');
    this.#records.write(record, encoded);
    this.#lead(before, record);
    this.#held[origin].add(record);
    if (before !== undefined) this.#forget(origin, before);
    this.#countFile();
    return true;
  }

  /** Says whether there was one. */
  remove(origin: ConsumerOrigin, consumerId: string): boolean {
    const record = this.#find(origin, consumerId);
    if (record === undefined) return false;
    for (const tag of this.#tagsOf(record)) this.#index.remove(tag, record);
    this.#forget(origin, record);
    this.#countFile();
    return true;
  }

  /** Keys of an origin that were used since a time, in seconds since 1970. */
  *usedSince(origin: ConsumerOrigin, since: number): Generator<KeyUse> {
    for (const record of this.#held[origin]) {
      for (let key = 0; key < this.#records.keyCount(record); key++) {
        const at = this.#records.usedAt(record, key);
        if (at < since || at === 0) continue;
        const { consumerId, keyIds } = this.#records.texts(record);
        yield { consumerId, keyId: keyIds[key] ?? '', at };
      }
    }
  }

  /** Makes the entries of a consumer lead to its new record, one by one: each key is found before and after. */
  #lead(before: number | undefined, record: number): void {
    const old = before === undefined ? [] : this.#tagsOf(before);
    for (const tag of this.#tagsOf(record)) {
      const kept = old.indexOf(tag);
      if (before === undefined || kept === -1) {
        this.#index.add(tag, record);
        continue;
      }
      old.splice(kept, 1);
      this.#index.move(tag, before, record);
    }
    if (before !== undefined) for (const tag of old) this.#index.remove(tag, before);
  }

  #forget(origin: ConsumerOrigin, record: number): void {
    const [bytes, keys] = [this.#records.bytes(record), this.#records.keyCount(record)];
    this.#held[origin].delete(record);
    this.#records.forget(record);
    this.#room.giveBack(record, bytes, keys);
  }

  #usedAt(record: number, hash: string): number {
    const key = this.#records.keyWith(record, digestWords(hash));
    return key === -1 ? 0 : this.#records.usedAt(record, key);
  }

  /** A number that no other profile ever had. One that was forgotten gets another. */
  #profileNumber(profile: string): number {
    const known = this.#profiles.get(profile);
    if (known !== undefined) return known;
    if (this.#profiles.size >= keptProfiles) this.#profiles.clear();
    this.#profiles.set(profile, ++this.#lastProfile);
    return this.#lastProfile;
  }

  #countFile(): void {
    Atomics.store(this.#header, consumerHeader.fromFile, this.#held.file.size);
  }

  #tagsOf(record: number): number[] {
    const { consumerId, subjects } = this.#records.texts(record);
    const tags = [idTag(consumerId), ...subjects.map(subjectTag)];
    for (let key = 0; key < this.#records.keyCount(record); key++) tags.push(this.#records.keyTag(record, key));
    return tags;
  }

  #find(origin: ConsumerOrigin, consumerId: string): number | undefined {
    this.#lookup.begin(idTag(consumerId));
    for (let record = this.#lookup.next(); record !== 0; record = this.#lookup.next()) {
      if (this.#records.origin(record) !== origin) continue;
      if (this.#records.texts(record).consumerId === consumerId) return record;
    }
    return undefined;
  }
}
