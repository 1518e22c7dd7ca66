import type { CryptoKey, JWK } from 'jose';
import { randomUUID } from 'node:crypto';
import type { Store, Stored } from '../store/store.ts';
import { ConflictError } from '../store/store.ts';
import { signingKeys } from './collections.ts';
import type { SigningKeyBody } from './collections.ts';

/** The algorithm of keys made here: Ed25519 (RFC 8037). */
export const keyAlgorithm = 'EdDSA';

/** Times are in milliseconds. */
export interface SigningKeysOptions {
  readonly store: Store;
  readonly clock: () => number;
  /** Age at which a key is replaced. */
  readonly keyRotation: number;
  readonly tokenLifetime: number;
}

interface LoadedKey {
  readonly kid: string;
  readonly signsUntil: number;
  readonly verifiesUntil: number;
  readonly publicKey: CryptoKey;
  readonly privateKey: CryptoKey;
}

const trustedMs = 30_000;
/** How far the clocks of control processes may differ. */
const graceMs = 60_000;
const kidPattern = /^[0-9a-f-]{36}$/;

/**
 * The keys that sign tokens, shared by all control processes through the store. The newest key signs until it is too old. Each
 * key verifies until the last token that it signed has expired. Methods reject with a StoreUnavailableError.
 */
export class SigningKeys {
  readonly #options: SigningKeysOptions;
  #keys = new Map<string, LoadedKey>();
  #newest: LoadedKey | undefined;
  #loadedAt = Number.NEGATIVE_INFINITY;
  #loading: Promise<void> | undefined;

  constructor(options: SigningKeysOptions) {
    this.#options = options;
  }

  /** The key that signs now. Makes one when there is none, or when the newest is too old. */
  async current(): Promise<{ readonly kid: string; readonly privateKey: CryptoKey }> {
    await this.#loadIfOld();
    for (;;) {
      if (this.#newest !== undefined && this.#options.clock() < this.#newest.signsUntil) return this.#newest;
      await this.#makeNext();
      await this.#load();
    }
  }

  /** The public key with this id; undefined when there is none, or it has expired. */
  async publicKey(kid: unknown): Promise<CryptoKey | undefined> {
    if (typeof kid !== 'string' || !kidPattern.test(kid)) return undefined;
    await this.#loadIfOld();
    // Another process may have just made it.
    const key = this.#keys.get(kid) ?? (await this.#loadOne(kid));
    return key !== undefined && this.#options.clock() < key.verifiesUntil ? key.publicKey : undefined;
  }

  /** Removes keys that no longer verify anything. */
  async sweep(): Promise<void> {
    const now = new Date(this.#options.clock()).toISOString();
    const { items } = await this.#options.store.find(signingKeys, { orderBy: 'sequence', limit: 1000 });
    const over = items.filter(({ body }) => body.verifiesUntil < now);
    if (over.length === 0) return;
    await this.#options.store.commit(
      over.map(({ id }) => ({ kind: 'remove', collection: signingKeys, id, expect: 'any' })),
    );
  }

  async #loadIfOld(): Promise<void> {
    const age = this.#options.clock() - this.#loadedAt;
    if (age < 0 || age >= trustedMs) await this.#load();
  }

  #load(): Promise<void> {
    this.#loading ??= this.#read().finally(() => {
      this.#loading = undefined;
    });
    return this.#loading;
  }

  async #read(): Promise<void> {
    const { store, clock } = this.#options;
    const { items } = await store.find(signingKeys, { orderBy: 'sequence', descending: true, limit: 20 });
    const loaded = await Promise.all(items.map((stored) => this.#import(stored)));
    this.#keys = new Map(loaded.map((key) => [key.kid, key]));
    [this.#newest] = loaded;
    this.#loadedAt = clock();
  }

  async #loadOne(kid: string): Promise<LoadedKey | undefined> {
    const stored = await this.#options.store.get(signingKeys, kid);
    if (stored === undefined) return undefined;
    const key = await this.#import(stored);
    this.#keys.set(kid, key);
    return key;
  }

  async #import({ id, body }: Stored<SigningKeyBody>): Promise<LoadedKey> {
    const { importJWK } = await import('jose');
    const known = this.#keys.get(id);
    const signsUntil = Math.min(Date.parse(body.signsUntil), Date.parse(body.createdAt) + this.#options.keyRotation);
    if (known !== undefined) return { ...known, signsUntil };
    return {
      kid: id,
      signsUntil,
      verifiesUntil: Date.parse(body.verifiesUntil),
      publicKey: (await importJWK(body.publicKey as JWK, keyAlgorithm)) as CryptoKey,
      privateKey: (await importJWK(body.privateKey as JWK, keyAlgorithm)) as CryptoKey,
    };
  }

  async #makeNext(): Promise<void> {
    const { store, clock, keyRotation, tokenLifetime } = this.#options;
    const { items } = await store.find(signingKeys, { orderBy: 'sequence', descending: true, limit: 1 });
    const now = clock();
    const { exportJWK, generateKeyPair } = await import('jose');
    const pair = await generateKeyPair(keyAlgorithm, { extractable: true });
    const body: SigningKeyBody = {
      sequence: (items[0]?.body.sequence ?? 0) + 1,
      createdAt: new Date(now).toISOString(),
      signsUntil: new Date(now + keyRotation).toISOString(),
      verifiesUntil: new Date(now + keyRotation + tokenLifetime + graceMs).toISOString(),
      publicKey: await exportJWK(pair.publicKey),
      privateKey: await exportJWK(pair.privateKey),
    };
    try {
      await store.commit([{ kind: 'put', collection: signingKeys, id: randomUUID(), body, expect: 'absent' }]);
    } catch (error) {
      // Another process made the next key in the same moment, and all use that one.
      if (!(error instanceof ConflictError)) throw error;
    }
  }
}
