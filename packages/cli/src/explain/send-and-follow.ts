import type { RequestNews } from '@sluice/control/client';
import type { Connection } from '../remote/connect.ts';
import type { Question } from './read-question.ts';
import { sendRequest, traceOf } from './send-request.ts';
import type { SentRequest } from './send-request.ts';

type Followed = Extract<RequestNews, { type: 'request' }>['request'];

/** What came of a request, and what the gateway says of it; undefined if that gateway was not the one that got it. */
export interface SentAndFollowed {
  readonly sent: SentRequest;
  readonly gateway: Followed | undefined;
}

/** How long the gateway may take to tell of a request that has ended, in milliseconds. */
const patienceMs = 3_000;

/** Sends a request, and follows it by its trace at the gateway. */
export async function sendAndFollow(question: Question, connection: Connection): Promise<SentAndFollowed> {
  const trace = traceOf(question);
  const over = new AbortController();
  const settings = { signal: over.signal, disconnected: () => {} };
  const news = connection.follow({ traceId: trace.traceId }, settings)[Symbol.asyncIterator]();
  try {
    // From the first event on, the gateway tells of what ends.
    await news.next();
    const sent = await sendRequest(question, trace);
    const timer = setTimeout(() => over.abort(), patienceMs);
    const { value } = (await news.next().finally(() => clearTimeout(timer))) as { value?: RequestNews };
    return { sent, gateway: value?.type === 'request' ? value.request : undefined };
  } finally {
    over.abort();
  }
}
