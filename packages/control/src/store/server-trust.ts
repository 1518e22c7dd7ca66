import { messageOf, Turns } from '@sluice/service';
import { FileFault, readSmallFile } from '@sluice/service/small-file';
import { createSecureContext } from 'node:tls';
import type { SecureContext, SecureContextOptions } from 'node:tls';
import { isDeepStrictEqual } from 'node:util';
import type { StoreOptions } from './store.ts';

export interface ServerTrustOptions {
  /** Reads the files. Rejects with an Error that says which one cannot be used. */
  readonly read: () => Promise<SecureContextOptions>;
  /** Uses what was read for new connections. */
  readonly use: (material: SecureContextOptions, context: SecureContext) => void;
  readonly log: StoreOptions['log'];
}

/** Keeps new connections to the store up to date with the TLS files of its address. */
export class ServerTrust {
  readonly #options: ServerTrustOptions;
  readonly #turns = new Turns();
  #material: SecureContextOptions | undefined;
  #complaint: string | undefined;

  constructor(options: ServerTrustOptions) {
    this.#options = options;
  }

  /** Reads the files again. Rejects the first time if they cannot be used; later, the last good ones stay in use. */
  renew(): Promise<void> {
    return this.#turns.run(() => this.#renew());
  }

  async #renew(): Promise<void> {
    const { use, log } = this.#options;
    try {
      const next = await this.#options.read();
      this.#complaint = undefined;
      if (isDeepStrictEqual(next, this.#material)) return;
      use(next, contextOf(next));
      if (this.#material !== undefined) log?.info('the TLS files of the store were replaced');
      this.#material = next;
    } catch (error) {
      const reason = `store.url: ${messageOf(error)}`;
      if (this.#material === undefined) throw new Error(reason, { cause: error });
      if (reason !== this.#complaint) {
        log?.warn('the TLS files of the store are unusable; the last good ones stay in use', { reason });
      }
      this.#complaint = reason;
    }
  }
}

/** Reads a TLS file. Rejects with an Error that names it. */
export async function readTlsFile(file: string): Promise<string> {
  try {
    return String(await readSmallFile(file));
  } catch (error) {
    if (!(error instanceof FileFault)) throw error;
    throw new FileFault(`${file} ${error.message}`, { cause: error });
  }
}

function contextOf(material: SecureContextOptions): SecureContext {
  try {
    return createSecureContext(material);
  } catch (error) {
    throw new Error(`its TLS files do not match: ${messageOf(error)}`, { cause: error });
  }
}
