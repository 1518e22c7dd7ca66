import type { GatewayConfig } from '@sluice/model';
import { cipherProblems, type ManagementTls } from '@sluice/service';
import { readFileSync } from 'node:fs';
import { createSecureContext } from 'node:tls';

type TlsFiles = NonNullable<GatewayConfig['management']['tls']>;

/** A file of the management port's TLS that cannot be used. */
export class ManagementTlsError extends Error {
  override readonly name = 'ManagementTlsError';
  readonly problems: readonly { readonly path: readonly string[]; readonly message: string }[];

  constructor(key: keyof TlsFiles, reason: string, cause?: unknown) {
    super(`management.tls.${key}: ${reason}`, { cause });
    this.problems = [{ path: ['management', 'tls', key], message: reason }];
  }
}

/** The TLS files of the management port, read and tried. Throws a ManagementTlsError that names the key. */
export function managementTls({ management }: GatewayConfig): ManagementTls | undefined {
  const { tls } = management;
  if (tls === undefined) return undefined;
  const read = (key: 'certFile' | 'keyFile' | 'clientCaFile'): string | undefined => {
    const file = tls[key];
    if (file === undefined) return undefined;
    return orRefuse(key, `${file} cannot be read`, () => readFileSync(file, 'utf8'));
  };
  const [cert, key, ca] = [read('certFile')!, read('keyFile')!, read('clientCaFile')];
  orRefuse('certFile', `${tls.certFile} holds no certificate`, () => createSecureContext({ cert }));
  orRefuse('keyFile', `${tls.keyFile} is not the key of ${tls.certFile}`, () => createSecureContext({ cert, key }));
  orRefuse('clientCaFile', `${tls.clientCaFile} holds no certificate`, () => createSecureContext({ ca }));
  const [wrong] = cipherProblems(tls);
  if (wrong !== undefined) throw new ManagementTlsError('ciphers', wrong.message);
  return { cert, key, ca, profile: tls.profile, ciphers: tls.ciphers };
}

function orRefuse<T>(key: keyof TlsFiles, what: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw new ManagementTlsError(key, `${what}: ${(error as Error).message}`, error);
  }
}
