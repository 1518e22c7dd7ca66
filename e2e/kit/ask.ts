import { request } from 'node:http';
import type { IncomingHttpHeaders, RequestOptions } from 'node:http';

/** An answer as node:http reads it. */
export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** One request to `port` on 127.0.0.1, by default on a connection of its own; fails when the connection breaks. */
export function ask(port: number, path: string, options: RequestOptions & { body?: string } = {}): Promise<Answer> {
  const { body, ...rest } = options;
  return new Promise((resolve, reject) => {
    const sent = request({ host: '127.0.0.1', port, path, agent: false, ...rest }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => {
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          body: Buffer.concat(chunks).toString(),
        });
      });
    });
    sent.on('error', reject);
    sent.end(body);
  });
}

/** `count` requests, `width` at a time, and how often each value of `key` (the body, if absent) came. */
export async function tally(
  count: number,
  one: (index: number) => Promise<Answer>,
  { width = 10, key = (answer: Answer) => answer.body }: { width?: number; key?: (answer: Answer) => string } = {},
): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  let next = 0;
  const lane = async (): Promise<void> => {
    while (next < count) {
      const seen = key(await one(next++));
      counts[seen] = (counts[seen] ?? 0) + 1;
    }
  };
  await Promise.all(Array.from({ length: width }, lane));
  return counts;
}
