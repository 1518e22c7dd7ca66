import { createHash } from 'node:crypto';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { patternPeriod, patternSlice } from './byte-pattern.ts';
import { EchoProblem, describeRequest, numberWithin, sendJson } from './echo-exchange.ts';
import type { EchoExchange } from './echo-exchange.ts';

/** One thing that a demo backend answers. `path` may end in one `:parameter`, handed to `answer`. */
export interface EchoEndpoint {
  readonly path: string;
  /** Methods allowed; none listed means any. */
  readonly methods?: readonly string[];
  readonly about: string;
  readonly answer: (exchange: EchoExchange, parameter: string) => void | Promise<void>;
}

const read = ['GET', 'HEAD'];
const maxEchoedBytes = 10 * 1024 * 1024;
const maxBytes = 1024 ** 3;

/** Everything a demo backend answers, besides the list of it at `/` and the WebSocket at `/ws`. */
export const echoEndpoints: readonly EchoEndpoint[] = [
  { path: '/get', methods: read, about: 'the request as JSON', answer: (x) => sendJson(x, describeRequest(x)) },
  { path: '/anything', about: 'the request and its body as JSON, any method', answer: anything },
  {
    path: '/headers',
    methods: read,
    about: 'the request headers as JSON',
    answer: (x) => sendJson(x, { headers: describeRequest(x).headers }),
  },
  { path: '/status/:code', about: 'an answer with this status (200 to 599)', answer: status },
  { path: '/delay/:seconds', about: 'the request as JSON, late (0 to 60, fractions allowed)', answer: delay },
  { path: '/stream/:n', methods: read, about: 'n lines of JSON, one each 10 ms (1 to 10000)', answer: stream },
  { path: '/bytes/:n', methods: read, about: 'n bytes, always the same (0 to 1 GiB)', answer: bytes },
  { path: '/sse', methods: read, about: 'server-sent events; ?n=count&interval=milliseconds', answer: events },
  { path: '/upload', methods: ['POST', 'PUT', 'PATCH'], about: 'length and SHA-256 of the body', answer: upload },
];

async function anything(exchange: EchoExchange): Promise<void> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of exchange.request as Readable as AsyncIterable<Buffer>) {
    length += chunk.length;
    // Read on to the end, so that the refusal reaches a client that is still sending.
    if (length <= maxEchoedBytes) chunks.push(chunk);
  }
  if (length > maxEchoedBytes) throw new EchoProblem(413, `this endpoint echoes ${maxEchoedBytes} bytes at most`);
  sendJson(exchange, { ...describeRequest(exchange), data: Buffer.concat(chunks).toString() });
}

function status(exchange: EchoExchange, parameter: string): void {
  const code = numberWithin(parameter, 200, 599);
  if (code === 204 || code === 304) exchange.response.writeHead(code).end();
  else sendJson(exchange, { status: code, servedBy: exchange.servedBy }, { status: code });
}

async function delay(exchange: EchoExchange, parameter: string): Promise<void> {
  const seconds = numberWithin(parameter, 0, 60, { fraction: true });
  await pause(seconds * 1000, undefined, { signal: clientGone(exchange) });
  sendJson(exchange, { ...describeRequest(exchange), delay: seconds });
}

async function stream(exchange: EchoExchange, parameter: string): Promise<void> {
  const { response, servedBy } = exchange;
  const count = numberWithin(parameter, 1, 10_000);
  response.writeHead(200, { 'content-type': 'application/x-ndjson' });
  const signal = clientGone(exchange);
  await pipeline(async function* lines() {
    for (let line = 0; line < count; line++) {
      yield `${JSON.stringify({ line, time: new Date().toISOString(), servedBy })}\n`;
      await pause(10, undefined, { signal });
    }
  }, response);
}

async function bytes({ request, response }: EchoExchange, parameter: string): Promise<void> {
  const length = numberWithin(parameter, 0, maxBytes);
  response.writeHead(200, { 'content-type': 'application/octet-stream', 'content-length': length });
  await pipeline(function* slices() {
    if (request.method === 'HEAD') return;
    for (let sent = 0; sent < length; sent += patternPeriod) {
      yield patternSlice(sent, Math.min(patternPeriod, length - sent));
    }
  }, response);
}

async function events(exchange: EchoExchange): Promise<void> {
  const { request, response, url, servedBy } = exchange;
  const count = numberWithin(url.searchParams.get('n') ?? '1000000', 1, 1_000_000);
  const interval = numberWithin(url.searchParams.get('interval') ?? '1000', 1, 3_600_000);
  const last = Number(request.headers['last-event-id'] ?? 0);
  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
  const first = Number.isSafeInteger(last) ? last + 1 : 1;
  const signal = clientGone(exchange);
  await pipeline(async function* ticks() {
    for (let id = first; id < first + count; id++) {
      if (id > first) await pause(interval, undefined, { signal });
      const data = JSON.stringify({ id, time: new Date().toISOString(), servedBy });
      yield `id: ${id}\nevent: tick\ndata: ${data}\n\n`;
    }
  }, response);
}

async function upload(exchange: EchoExchange): Promise<void> {
  const hash = createHash('sha256');
  let length = 0;
  for await (const chunk of exchange.request as Readable as AsyncIterable<Buffer>) {
    hash.update(chunk);
    length += chunk.length;
  }
  sendJson(exchange, { length, sha256: hash.digest('hex'), servedBy: exchange.servedBy });
}

/** Aborts when the client goes away, so that nothing waits for it any more. */
function clientGone({ response }: EchoExchange): AbortSignal {
  const gone = new AbortController();
  response.once('close', () => gone.abort());
  return gone.signal;
}
