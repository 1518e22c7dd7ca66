import { messageOf } from '@sluice/service';
import type { ConnectionOptions, SecureContextOptions } from 'node:tls';
import { readTlsFile, ServerTrust } from '../server-trust.ts';
import type { StoreOptions } from '../store.ts';

const keys = { ca: 'sslrootcert', cert: 'sslcert', key: 'sslkey' } as const;

type Part = keyof typeof keys;

/** The TLS settings in an address. */
export interface ServerTls {
  readonly files: Readonly<Partial<Record<Part, string>>>;
  /** How the server's certificate is checked. */
  readonly verification: Pick<ConnectionOptions, 'rejectUnauthorized' | 'checkServerIdentity'>;
  /** TLS from the first byte. */
  readonly direct: boolean;
}

/**
 * Takes the TLS files out of an address, because the library would open them itself, whatever they are, and block. Also takes out
 * how the server is checked, because in an address it overrides the other options of the library.
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
  const verification = verificationOf(take('sslmode'), take('uselibpqcompat') === 'true', files.ca !== undefined);
  return { files, verification, direct: take('sslnegotiation') === 'direct' };
}

/** Follows the library: like `verify-full`, unless the address asks for the rules of libpq. */
function verificationOf(mode: string | undefined, likeLibpq: boolean, hasCa: boolean): ServerTls['verification'] {
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

/** Makes what keeps `options`, which the library reads for each new connection, up to date with the files. */
export function postgresTrust({ files }: ServerTls, options: ConnectionOptions, log: StoreOptions['log']): ServerTrust {
  const read = async (): Promise<SecureContextOptions> => {
    const parts = Object.entries(files).map(async ([part, file]) => [part, await readPart(part as Part, file)]);
    return Object.fromEntries(await Promise.all(parts)) as SecureContextOptions;
  };
  return new ServerTrust({ read, use: (material) => Object.assign(options, material), log });
}

async function readPart(part: Part, file: string): Promise<string> {
  try {
    return await readTlsFile(file);
  } catch (error) {
    throw new Error(`${keys[part]}: ${messageOf(error)}`, { cause: error });
  }
}
