import * as http from 'node:http';
import type { IncomingMessage } from 'node:http';
import { promisify } from 'node:util';
import type { Clock } from '../../clock.ts';
import { acceptedOutcome, failureOf, longestAnswer } from './answer.ts';
import { lowerCase } from './sender.ts';
import type { OtlpEndpoint, OtlpSender, OtlpSignal, SendOutcome } from './sender.ts';

/** The statuses after which a request may be sent again (https://opentelemetry.io/docs/specs/otlp/#retryable-response-codes). */
const retryable: ReadonlySet<number> = new Set([429, 502, 503, 504]);

/** Sends OTLP over HTTP. */
export async function createHttpSender(
  { url, headers, compression }: OtlpEndpoint,
  signal: OtlpSignal,
  clock: Clock,
): Promise<OtlpSender> {
  const address = signalUrl(url, signal);
  const { request, Agent } = address.protocol === 'https:' ? await import('node:https') : http;
  const agent = new Agent({ keepAlive: true });
  const gzip = compression === 'gzip' ? promisify((await import('node:zlib')).gzip) : undefined;
  const fields = {
    ...lowerCase(headers),
    'content-type': 'application/x-protobuf',
    'user-agent': 'sluice',
    ...(gzip !== undefined && { 'content-encoding': 'gzip' }),
  };
  const exchange = (body: Uint8Array, abort: AbortSignal): Promise<SendOutcome> =>
    new Promise((resolve, reject) => {
      const sent = request(address, { method: 'POST', agent, headers: fields, signal: abort }, (answer) => {
        outcomeOf(answer, clock).then(resolve, reject);
      });
      sent.once('error', reject);
      sent.end(body);
    });
  return {
    async send(body, abort) {
      try {
        return await exchange(gzip === undefined ? body : await gzip(body), abort);
      } catch (error) {
        return { kind: 'later', reason: abort.aborted ? 'no answer in time' : failureOf(error) };
      }
    },
    close: () => agent.destroy(),
  };
}

/** The address of one signal: a base gets its path (https://opentelemetry.io/docs/specs/otel/protocol/exporter/#endpoint-urls-for-otlphttp). */
export function signalUrl(base: string, signal: OtlpSignal): URL {
  const url = new URL(base);
  const path = `/v1/${signal}`;
  if (!url.pathname.endsWith(path)) url.pathname = url.pathname.replace(/\/?$/, path);
  return url;
}

async function outcomeOf(answer: IncomingMessage, clock: Clock): Promise<SendOutcome> {
  const { statusCode: status = 0, headers } = answer;
  const body = await beginningOf(answer);
  if (status >= 200 && status < 300) return acceptedOutcome(body);
  const reason = `it answered ${status}`;
  if (!retryable.has(status)) return { kind: 'refused', reason };
  return { kind: 'later', reason, afterMs: retryAfter(headers['retry-after'], clock) };
}

/** A number of seconds, or a date (RFC 9110 §10.2.3). */
function retryAfter(text: string | undefined, clock: Clock): number | undefined {
  if (text === undefined) return undefined;
  if (/^\d{1,9}$/.test(text)) return Number(text) * 1000;
  const date = Date.parse(text);
  return Number.isNaN(date) ? undefined : Math.max(0, date - clock.now());
}

async function beginningOf(answer: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  // Leaving the loop closes the connection.
  for await (const chunk of answer as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    size += chunk.length;
    if (size > longestAnswer) break;
  }
  return Buffer.concat(chunks);
}
