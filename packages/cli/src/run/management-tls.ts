import type { GatewayConfig } from '@sluice/model';
import { cipherProblems, FileFault, isPem, messageOf, readSmallFile, Turns, watchFiles } from '@sluice/service';
import type { FilesWatch, Logger, ManagementServer, ManagementTls } from '@sluice/service';
import { createSecureContext } from 'node:tls';
import { isDeepStrictEqual } from 'node:util';

type TlsConfig = NonNullable<GatewayConfig['management']['tls']>;

/** A file of the management port's TLS that cannot be used. */
export class ManagementTlsError extends Error {
  override readonly name = 'ManagementTlsError';
  readonly problems: readonly { readonly path: readonly string[]; readonly message: string }[];

  constructor(key: keyof TlsConfig, reason: string, cause?: unknown) {
    super(`management.tls.${key}: ${reason}`, { cause });
    this.problems = [{ path: ['management', 'tls', key], message: reason }];
  }
}

/** The TLS files of the management port, read and tried. Rejects with a ManagementTlsError that names the key. */
export async function managementTls({ management: { tls } }: GatewayConfig): Promise<ManagementTls | undefined> {
  if (tls === undefined) return undefined;
  const { certFile, keyFile, clientCaFile } = tls;
  const cert = await read('certFile', certFile);
  const key = await read('keyFile', keyFile);
  const ca = clientCaFile === undefined ? undefined : await read('clientCaFile', clientCaFile);
  orRefuse('certFile', `${certFile} holds no certificate`, () => createSecureContext({ cert }));
  orRefuse('keyFile', `${keyFile} is not the key of ${certFile}`, () => createSecureContext({ cert, key }));
  // Node would take an empty text for none, and trust the authorities of the public instead.
  if (ca !== undefined && !isPem(ca)) {
    throw new ManagementTlsError(
      'clientCaFile',
      `${clientCaFile} holds no PEM certificate, or one that cannot be read`,
    );
  }
  const [wrong] = cipherProblems(tls);
  if (wrong !== undefined) throw new ManagementTlsError('ciphers', wrong.message);
  return { cert, key, ca, profile: tls.profile, ciphers: tls.ciphers };
}

/** What a port with TLS is kept up to date with. */
export interface FollowTlsOptions {
  readonly config: GatewayConfig;
  /** What the port began with. */
  readonly tls: ManagementTls;
  readonly server: Pick<ManagementServer, 'replaceTls'>;
  readonly log: Pick<Logger, 'info' | 'error'>;
}

/** Exchanges the TLS of the management port when its files are replaced. Files that do not fit leave the old ones in use. */
export function followManagementTls({ config, tls, server, log }: FollowTlsOptions): FilesWatch {
  let current = tls;
  const exchange = async (): Promise<void> => {
    try {
      const next = await managementTls(config);
      if (next === undefined || isDeepStrictEqual(next, current)) return;
      server.replaceTls(next);
      current = next;
      log.info('the TLS files of the management port were replaced');
    } catch (error) {
      const reason = error instanceof ManagementTlsError ? error.message : String(error);
      log.error('the TLS files of the management port are unusable; the last good ones stay in use', { reason });
    }
  };
  const { certFile, keyFile, clientCaFile } = config.management.tls ?? {};
  const files = [certFile, keyFile, clientCaFile].filter((file) => file !== undefined);
  // One after the other: what was read first is never used last.
  const turns = new Turns();
  return watchFiles(
    () => files,
    () => void turns.run(exchange),
  );
}

async function read(key: keyof TlsConfig, file: string): Promise<string> {
  try {
    return String(await readSmallFile(file));
  } catch (error) {
    if (!(error instanceof FileFault)) throw error;
    throw new ManagementTlsError(key, `${file} ${error.message}`, error);
  }
}

function orRefuse(key: keyof TlsConfig, what: string, attempt: () => unknown): void {
  try {
    attempt();
  } catch (error) {
    throw new ManagementTlsError(key, `${what}: ${messageOf(error)}`, error);
  }
}
