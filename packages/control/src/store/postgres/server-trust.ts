import { FileFault, readSmallFile } from '@sluice/service/small-file';
import { createSecureContext } from 'node:tls';
import type { ConnectionOptions } from 'node:tls';
import type { StoreOptions } from '../store.ts';

const keys = { ca: 'sslrootcert', cert: 'sslcert', key: 'sslkey' } as const;

/** The files of TLS that an address names, and what else is said of TLS there. */
export interface ServerTls {
  readonly files: Readonly<Partial<Record<keyof typeof keys, string>>>;
  /** How the certificate of the server is judged. */
  readonly judgement: Pick<ConnectionOptions, 'rejectUnauthorized' | 'checkServerIdentity'>;
  /** TLS from the first byte. */
  readonly direct: boolean;
}

/**
 * Takes the files of TLS out of an address: the library would open them by itself, whatever they are, and wait for them.
 * What says how the server is judged goes with them, because it outdoes what the library is told beside the address.
 */
export function takeServerTls({ searchParams }: URL): ServerTls | undefined {
  const take = (name: string): string | undefined => {
    const value = searchParams.getAll(name).at(-1);
    searchParams.delete(name);
    return value === '' ? undefined : value;
  };
  const named = Object.entries(keys).flatMap(([part, name]) => {
    const file = take(name);
    return file === undefined ? [] : [[part, file]];
  });
  if (named.length === 0 || searchParams.getAll('sslmode').at(-1) === 'disable') return undefined;
  const files = Object.fromEntries(named) as ServerTls['files'];
  take('ssl');
  const judgement = judgementOf(take('sslmode'), take('uselibpqcompat') === 'true', files.ca !== undefined);
  return { files, judgement, direct: take('sslnegotiation') === 'direct' };
}

/** As the library judges: like `verify-full`, unless the address asks for the rules of libpq. */
function judgementOf(mode: string | undefined, likeLibpq: boolean, hasCa: boolean): ServerTls['judgement'] {
  const byAuthority = { checkServerIdentity: () => undefined };
  const byNothing = { rejectUnauthorized: false };
  if (mode === 'no-verify') return byNothing;
  if (!likeLibpq) return {};
  if (mode === 'prefer') return byNothing;
  if (mode === 'require') return hasCa ? byAuthority : byNothing;
  if (mode !== 'verify-ca') return {};
  if (!hasCa) throw new Error('store.url: sslmode=verify-ca needs sslrootcert, the authority of the server');
  return byAuthority;
}

/** What new connections are made with, as the files say now. */
export class ServerTrust {
  /** The library looks into it for each connection. */
  readonly options: ConnectionOptions;
  readonly #files: ServerTls['files'];
  readonly #log: StoreOptions['log'];
  #isRead = false;
  #complaint: string | undefined;

  constructor({ files, judgement }: ServerTls, log: StoreOptions['log']) {
    this.options = { ...judgement };
    this.#files = files;
    this.#log = log;
  }

  /** Reads the files anew. Those that do not fit leave the last good ones in use; the first time it rejects. */
  async renew(): Promise<void> {
    try {
      const material: ConnectionOptions = {};
      for (const [part, file] of Object.entries(this.#files))
        material[part as keyof typeof keys] = await read(part, file);
      createSecureContext(material);
      Object.assign(this.options, material);
      this.#isRead = true;
      this.#complaint = undefined;
    } catch (error) {
      const reason = (error as Error).message;
      if (!this.#isRead) throw new Error(`store.url: ${reason}`, { cause: error });
      if (reason !== this.#complaint)
        this.#log?.warn('the TLS files of the store are unusable; the last good ones stay in use', { reason });
      this.#complaint = reason;
    }
  }
}

async function read(part: string, file: string): Promise<string> {
  try {
    return String(await readSmallFile(file));
  } catch (error) {
    if (!(error instanceof FileFault)) throw error;
    throw new FileFault(`${keys[part as keyof typeof keys]}: ${file} ${error.message}`, { cause: error });
  }
}
