import type { BackendConfig } from '@sluice/model';
import { settingsDigest } from './settings-digest.ts';

/** Backends with the same key share a target: the same address, TLS settings and health check. */
export function targetKey({ url, tls, healthCheck }: BackendConfig): string {
  const { protocol, host } = new URL(url);
  if (tls === undefined && healthCheck === undefined) return `${protocol}//${host}`;
  return `${protocol}//${host} ${settingsDigest([tls, healthCheck])}`;
}
