import { NoAnswerError, sendRequest } from '@sluice/service';
import { SendError } from './outgoing.ts';
import type { SendContext } from './outgoing.ts';

const timeoutMs = 15_000;

/** Posts JSON; resolves with the status of the answer. Rejects with a SendError when there is none. */
export async function postJson(
  { url, headers, body }: { readonly url: string; readonly headers: Record<string, string>; readonly body: string },
  context: SendContext,
): Promise<number> {
  const all = { 'content-type': 'application/json', ...headers };
  const { signal } = context;
  try {
    const request = { url, method: 'POST', headers: all, body, timeoutMs, maxBytes: 65_536, signal } as const;
    return (await sendRequest(request, context)).status;
  } catch (error) {
    if (error instanceof NoAnswerError) throw new SendError(error.message);
    throw error;
  }
}
