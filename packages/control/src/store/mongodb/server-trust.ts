import type { FilesWatch } from '@sluice/service';
import { isPem } from '@sluice/service/pem';
import { FileFault, readSmallFile } from '@sluice/service/small-file';
import { watchFiles } from '@sluice/service/watch-files';
import type { MongoClientOptions, MongoOptions } from 'mongodb';
import { createSecureContext } from 'node:tls';
import type { SecureContext, SecureContextOptions } from 'node:tls';
import { isDeepStrictEqual } from 'node:util';
import type { StoreOptions } from '../store.ts';

type Named = Pick<MongoOptions, 'tls' | 'tlsCAFile' | 'tlsCRLFile' | 'tlsCertificateKeyFile' | 'passphrase'>;

/** What new connections over TLS are made with, as the files of the address say now. */
export class ServerTrust {
  /** For the driver, which would read the files by itself, once and whatever they are. */
  readonly options: MongoClientOptions;
  readonly #named: Named;
  readonly #log: StoreOptions['log'];
  /** The driver hands this object to each connection that it makes; what is inside is exchanged. */
  readonly #context: SecureContext;
  readonly #watch: FilesWatch;
  #material: SecureContextOptions;
  /** One after the other: what was read first is never used last. */
  #turns: Promise<void> = Promise.resolve();

  private constructor(named: Named, material: SecureContextOptions, log: StoreOptions['log']) {
    this.#named = named;
    this.#log = log;
    this.#material = material;
    this.#context = contextOf(material);
    this.options = { ...(material as MongoClientOptions), secureContext: this.#context };
    const files = [named.tlsCAFile, named.tlsCRLFile, named.tlsCertificateKeyFile].filter((file) => file !== undefined);
    this.#watch = watchFiles(
      () => files,
      () => void (this.#turns = this.#turns.then(() => this.#renew())),
    );
  }

  /** Reads the files that an address names; undefined when it names none. Rejects with an Error that says which is wrong. */
  static async open(named: Named, log: StoreOptions['log']): Promise<ServerTrust | undefined> {
    const material = await read(named);
    return Object.keys(material).length === 0 ? undefined : new ServerTrust(named, material, log);
  }

  /** May be called again. */
  close(): void {
    this.#watch.close();
  }

  async #renew(): Promise<void> {
    try {
      const next = await read(this.#named);
      if (isDeepStrictEqual(next, this.#material)) return;
      this.#context.context = contextOf(next).context as unknown;
      this.#material = next;
      this.#log?.info('the TLS files of the store were replaced');
    } catch (error) {
      const reason = (error as Error).message;
      this.#log?.warn('the TLS files of the store are unusable; the last good ones stay in use', { reason });
    }
  }
}

async function read(named: Named): Promise<SecureContextOptions> {
  if (!named.tls) return {};
  const { tlsCAFile, tlsCRLFile, tlsCertificateKeyFile, passphrase } = named;
  const [ca, crl, own] = await Promise.all([tlsCAFile, tlsCRLFile, tlsCertificateKeyFile].map((file) => text(file)));
  // Node would take an empty text for none, and trust the authorities of the public instead.
  if (ca !== undefined && !isPem(ca)) throw new Error(`store.url: ${tlsCAFile} holds no PEM certificate`);
  const pair = own !== undefined && { cert: own, key: own, ...(passphrase !== undefined && { passphrase }) };
  return { ...(ca && { ca }), ...(crl && { crl }), ...pair };
}

async function text(file: string | undefined): Promise<string | undefined> {
  if (file === undefined) return undefined;
  try {
    return String(await readSmallFile(file));
  } catch (error) {
    if (!(error instanceof FileFault)) throw error;
    throw new Error(`store.url: ${file} ${error.message}`, { cause: error });
  }
}

function contextOf(material: SecureContextOptions): SecureContext {
  try {
    return createSecureContext(material);
  } catch (error) {
    throw new Error(`store.url: its TLS files do not match: ${(error as Error).message}`, { cause: error });
  }
}
