import { createHmac } from 'node:crypto';

/** What a signature covers. */
export interface SignedContent {
  readonly id: string;
  /** Seconds since 1970. */
  readonly timestamp: number;
  readonly body: string;
}

/**
 * The signature of Standard Webhooks, version 1. A secret that begins with `whsec_` contains the key in base64, as the
 * libraries of receivers expect. Any other secret is the key itself.
 */
export function signWebhook({ id, timestamp, body }: SignedContent, secret: string): string {
  const prefix = 'whsec_';
  const key = secret.startsWith(prefix) ? Buffer.from(secret.slice(prefix.length), 'base64') : Buffer.from(secret);
  const signature = createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64');
  return `v1,${signature}`;
}
