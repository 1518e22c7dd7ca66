import { FileFault, readSmallFile, replacePrivateFile, Turns } from '@sluice/service';
import type { Logger } from '@sluice/service';
import { codeOf, messageOf } from '@sluice/service/caught-error';
import { readKeySet } from '../../policy/authentication/jwt/public-keys.ts';

/** A key set as it was fetched. */
export interface KeptKeySet {
  readonly text: string;
  /** In milliseconds since 1970. */
  readonly fetchedAt: number;
}

const mostBytes = 16 * 1024 * 1024;

/** The last good key sets on the disk, for a node that starts while a host is away. */
export class KeptKeySets {
  readonly #file: string;
  readonly #log: Logger;
  readonly #turns = new Turns();

  constructor(file: string, log: Logger) {
    this.#file = file;
    this.#log = log;
  }

  /** Those that were kept, by their names; what cannot be read is left out. Never rejects. */
  async read(): Promise<Map<string, KeptKeySet>> {
    try {
      const content = await readSmallFile(this.#file, { mostBytes });
      return new Map(Object.entries(JSON.parse(String(content)) as object).filter(isKept));
    } catch (error) {
      if (!(error instanceof FileFault || error instanceof SyntaxError)) throw error;
      if (codeOf(error.cause) !== 'ENOENT') this.#warn('the key sets on disk are ignored', error);
      return new Map();
    }
  }

  /** Replaces what is kept, one write after the other. Addresses may hold secrets: only the owner may read it. Never rejects. */
  write(sets: ReadonlyMap<string, KeptKeySet>): Promise<void> {
    const text = JSON.stringify(Object.fromEntries(sets));
    return this.#turns.run(async () => {
      try {
        await replacePrivateFile(this.#file, [text]);
      } catch (error) {
        this.#warn(
          'the key sets could not be written; a restart while their host is away would be without them',
          error,
        );
      }
    });
  }

  #warn(message: string, error: unknown): void {
    this.#log.warn(message, { file: this.#file, reason: messageOf(error) });
  }
}

function isKept(entry: [string, unknown]): entry is [string, KeptKeySet] {
  const [, kept] = entry;
  if (typeof kept !== 'object' || kept === null || !('text' in kept) || !('fetchedAt' in kept)) return false;
  if (typeof kept.text !== 'string' || typeof kept.fetchedAt !== 'number') return false;
  try {
    return readKeySet(kept.text).keys.length > 0;
  } catch (error) {
    if (error instanceof SyntaxError) return false;
    throw error;
  }
}
