import type { GatewayConfig } from '@sluice/model';
import type { ManagementTls } from '@sluice/service';
import { readFileSync } from 'node:fs';

/** The TLS files of the management port, read. Throws the error of the system when one cannot be. */
export function managementTls({ management }: GatewayConfig): ManagementTls | undefined {
  const { tls } = management;
  if (tls === undefined) return undefined;
  return {
    cert: readFileSync(tls.certFile, 'utf8'),
    key: readFileSync(tls.keyFile, 'utf8'),
    ca: tls.clientCaFile === undefined ? undefined : readFileSync(tls.clientCaFile, 'utf8'),
  };
}
