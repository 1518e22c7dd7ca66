import type { JwtAlgorithm, JwtMethodConfig } from '@sluice/model';
import type { Secret, SecretTexts } from '../../secret-texts.ts';
import { fetchedName } from './fetched-keys.ts';
import type { AllFetchedKeys, FetchedKeys } from './fetched-keys.ts';
import { publicKeySet, secretKeySet } from './key-set.ts';
import type { KeySet } from './key-set.ts';
import { readKeySet, readPublicKeyFile } from './public-keys.ts';

/** Where the keys of methods come from. */
export interface KeyPlaces {
  readonly texts: Pick<SecretTexts, 'of'>;
  readonly fetched: Pick<AllFetchedKeys, 'of'>;
}

type Source = Pick<JwtMethodConfig, 'jwksUrl' | 'caFile' | 'publicKeyFile' | 'secretFile' | 'secret' | 'algorithms'>;

/** The keys of a method. They follow the file or the address they come from. */
export class KeySource {
  /** Set when the keys are fetched. */
  readonly fetched: FetchedKeys | undefined;
  /** In the words of the configuration. */
  readonly name: string;
  readonly #secret: Secret;
  readonly #read: (text: string) => KeySet;
  #text: string | undefined;
  #keys: KeySet | undefined;

  constructor(source: Source, places: KeyPlaces) {
    const { jwksUrl, caFile, publicKeyFile, secretFile, secret, algorithms } = source;
    if (jwksUrl !== undefined) {
      this.fetched = places.fetched.of(fetchedName({ jwksUrl, caFile }));
      this.#secret = this.fetched;
      this.#read = (text) => publicKeySet(readKeySet(text).keys, algorithms);
    } else if (publicKeyFile !== undefined) {
      this.#secret = places.texts.of(publicKeyFile);
      this.#read = (text) => publicKeySet(readPublicKeyFile(text).keys, algorithms);
    } else {
      this.#secret = secretFile === undefined ? { text: byteByByte(secret) } : places.texts.of(secretFile);
      this.#read = (text) => secretKeySet(secretIn(text), algorithms);
    }
    this.name = jwksUrl ?? publicKeyFile ?? secretFile ?? 'secret';
  }

  /** The keys as they are now; undefined while there are none. A text that cannot be read changes nothing. */
  get keys(): KeySet | undefined {
    const { text } = this.#secret;
    if (text === this.#text || text === undefined) return this.#keys;
    this.#text = text;
    try {
      const keys = this.#read(text);
      if (!keys.isEmpty) this.#keys = keys;
    } catch (error) {
      // The main thread has told the log about it.
      if (!(error instanceof SyntaxError)) throw error;
    }
    return this.#keys;
  }
}

/** What is wrong with a file of keys for these algorithms; undefined if nothing is. Repeats nothing of it. */
export function keyFileProblem(
  text: string,
  kind: 'publicKeyFile' | 'secretFile',
  accepted: readonly JwtAlgorithm[],
): string | undefined {
  try {
    const keys =
      kind === 'secretFile'
        ? secretKeySet(secretIn(text), accepted)
        : publicKeySet(readPublicKeyFile(text).keys, accepted);
    const short = accepted.find((algorithm) => !keys.serves(algorithm));
    if (short === undefined) return undefined;
    return kind === 'secretFile' ? `is too short for ${short}` : `has no key for ${short}`;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return error.message;
  }
}

/** Files have each character for a byte, and a line break at their end that an editor put there. */
function secretIn(text: string): Buffer {
  return Buffer.from(text.replace(/\r?\n$/, ''), 'latin1');
}

function byteByByte(secret: string | undefined): string | undefined {
  return secret === undefined ? undefined : Buffer.from(secret).toString('latin1');
}
