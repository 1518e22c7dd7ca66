import type { BackendConfig } from '@sluice/model';
import { settingsDigest } from './settings-digest.ts';

/** What makes two backends share a target: its address, how it is spoken to and how its health is checked. */
export function targetKey({ url, tls, healthCheck }: BackendConfig): string {
  const { protocol, host } = new URL(url);
  if (tls === undefined && healthCheck === undefined) return `${protocol}//${host}`;
  return `${protocol}//${host} ${settingsDigest([tls, healthCheck])}`;
}
