import type { Operation } from '@sluice/model/api';
import { Refusal } from './refusal.ts';

/** Milliseconds. */
const usualTime = 30_000;
const wholeConfigurationTime = 120_000;

/** How long a request may take, in milliseconds. A node may ask to wait for changes on top of that. */
export function timeOf({ auth, isLarge }: Operation, url: URL): number {
  const wait = auth === 'node' ? Number(url.searchParams.get('wait') ?? 0) : 0;
  const usual = isLarge === true ? wholeConfigurationTime : usualTime;
  return usual + Math.min(Number.isFinite(wait) && wait > 0 ? wait : 0, 60_000);
}

/**
 * Runs work for a limited time. The work gets a signal that is aborted at the limit and when the client goes away. At the limit
 * this rejects with a Refusal, while the work may still finish.
 */
export async function withTimeLimit<T>(
  limit: { readonly ms: number; readonly client: AbortSignal },
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const over = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      over.abort();
      reject(
        new Refusal('GATEWAY_TIMEOUT', {
          message: 'The request took too long. It may still take effect: check before trying again.',
        }),
      );
    }, limit.ms);
  });
  try {
    return await Promise.race([work(AbortSignal.any([over.signal, limit.client])), late]);
  } finally {
    clearTimeout(timer);
  }
}
