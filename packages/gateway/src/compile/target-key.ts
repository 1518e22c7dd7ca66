import type { BackendConfig } from '@sluice/model';
import { createHash } from 'node:crypto';

/**
 * What makes two backends share a target: its address, how it is spoken to and how its health is checked. The settings
 * are in it as a digest: with a hundred thousand backends their text would take more memory than all else about them.
 */
export function targetKey({ url, tls, healthCheck }: BackendConfig): string {
  const { protocol, host } = new URL(url);
  if (tls === undefined && healthCheck === undefined) return `${protocol}//${host}`;
  return `${protocol}//${host} ${digest(JSON.stringify([tls ?? null, healthCheck ?? null]))}`;
}

/** Backends that follow each other usually have the same settings. */
let last = { text: '', digest: '' };

function digest(text: string): string {
  if (text !== last.text) {
    last = { text, digest: createHash('sha256').update(text).digest('base64url').slice(0, 22) };
  }
  return last.digest;
}
