import { once } from 'node:events';
import { createServer } from 'node:http';
import type { IncomingHttpHeaders } from 'node:http';
import { createServer as createHttp2Server } from 'node:http2';
import type { ServerHttp2Stream } from 'node:http2';
import type { Server } from 'node:net';
import type { AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';
import { afterEach, expect, test } from 'vitest';
import { createManualClock } from '../../testing/manual-clock.ts';
import { freePort } from '../../testing/free-port.ts';
import { ProtoWriter } from '../proto-writer.ts';
import { signalUrl } from './http-sender.ts';
import { createSender } from './open-exporter.ts';
import type { OtlpEndpoint, OtlpSender, OtlpSignal, SendOutcome } from './sender.ts';

/** What a collector got. */
interface Received {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** What a collector answers: an HTTP status with fields and body, or a status of gRPC with trailers and message. */
interface Answer {
  readonly status: number;
  readonly fields?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
}

const never = new AbortController().signal;
const body = Buffer.from('a request');
const closers: (() => unknown)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) await close();
});

const partial = partialSuccess(3, 'too\nold');

test.for<[OtlpEndpoint['protocol'], string, Answer, SendOutcome]>([
  ['http/protobuf', 'takes it', { status: 200 }, { kind: 'accepted', rejected: 0, reason: '' }],
  [
    'http/protobuf',
    'takes a part',
    { status: 200, body: partial },
    { kind: 'accepted', rejected: 3, reason: 'too old' },
  ],
  [
    'http/protobuf',
    'says nonsense',
    { status: 200, body: Buffer.from('{}') },
    { kind: 'accepted', rejected: 0, reason: '' },
  ],
  ['http/protobuf', 'refuses', { status: 400 }, { kind: 'refused', reason: 'it answered 400' }],
  ['http/protobuf', 'wants a login', { status: 401 }, { kind: 'refused', reason: 'it answered 401' }],
  ['http/protobuf', 'breaks', { status: 500 }, { kind: 'refused', reason: 'it answered 500' }],
  [
    'http/protobuf',
    'moved',
    { status: 302, fields: { location: '/' } },
    { kind: 'refused', reason: 'it answered 302' },
  ],
  [
    'http/protobuf',
    'is busy',
    { status: 429, fields: { 'retry-after': '7' } },
    { kind: 'later', reason: 'it answered 429', afterMs: 7000 },
  ],
  [
    'http/protobuf',
    'is gone until a date',
    { status: 503, fields: { 'retry-after': 'Thu, 01 Jan 2026 00:00:05 GMT' } },
    { kind: 'later', reason: 'it answered 503', afterMs: 5000 },
  ],
  [
    'http/protobuf',
    'has no good proxy',
    { status: 502 },
    { kind: 'later', reason: 'it answered 502', afterMs: undefined },
  ],
  [
    'http/protobuf',
    'is slow behind one',
    { status: 504, fields: { 'retry-after': 'soon' } },
    { kind: 'later', reason: 'it answered 504', afterMs: undefined },
  ],
  ['grpc', 'takes it', { status: 0 }, { kind: 'accepted', rejected: 0, reason: '' }],
  ['grpc', 'takes a part', { status: 0, body: partial }, { kind: 'accepted', rejected: 3, reason: 'too old' }],
  [
    'grpc',
    'refuses (INVALID_ARGUMENT)',
    { status: 3 },
    { kind: 'refused', reason: 'it answered with status 3 of gRPC' },
  ],
  [
    'grpc',
    'wants a login (UNAUTHENTICATED)',
    { status: 16 },
    { kind: 'refused', reason: 'it answered with status 16 of gRPC' },
  ],
  [
    'grpc',
    'is away (UNAVAILABLE)',
    { status: 14 },
    { kind: 'later', reason: 'it answered with status 14 of gRPC', afterMs: undefined },
  ],
  [
    'grpc',
    'is away for a while',
    { status: 14, fields: { 'grpc-status-details-bin': retryInfo(2, 500_000_000) } },
    { kind: 'later', reason: 'it answered with status 14 of gRPC', afterMs: 2500 },
  ],
  [
    'grpc',
    'is full (RESOURCE_EXHAUSTED)',
    { status: 8 },
    { kind: 'refused', reason: 'it answered with status 8 of gRPC' },
  ],
  [
    'grpc',
    'is full for a while',
    { status: 8, fields: { 'grpc-status-details-bin': retryInfo(1, 0) } },
    { kind: 'later', reason: 'it answered with status 8 of gRPC', afterMs: 1000 },
  ],
])('%s: a collector that %s', async ([protocol, , answer, outcome]) => {
  const { url } = await collector(protocol, answer);
  const sender = await senderTo({ url, protocol });
  expect(await sender.send(body, never)).toEqual(outcome);
  // The connection serves again.
  expect(await sender.send(body, never)).toEqual(outcome);
});

test.for<[OtlpEndpoint['protocol'], OtlpSignal, string]>([
  ['http/protobuf', 'traces', '/v1/traces'],
  ['http/protobuf', 'metrics', '/v1/metrics'],
  ['grpc', 'traces', '/opentelemetry.proto.collector.trace.v1.TraceService/Export'],
  ['grpc', 'metrics', '/opentelemetry.proto.collector.metrics.v1.MetricsService/Export'],
])('%s: %s go where they belong, with the configured header fields', async ([protocol, signal, path]) => {
  const { url, received } = await collector(protocol, { status: protocol === 'grpc' ? 0 : 200 });
  const sender = await senderTo({ url, protocol, headers: { AUTHORIZATION: 'Bearer abc', 'User-Agent': 'x' } }, signal);
  await sender.send(body, never);
  expect(received).toMatchObject([{ path, headers: { authorization: 'Bearer abc', 'user-agent': 'sluice' } }]);
  expect(messageOf(received[0], protocol)).toEqual(body);
});

test.for(['http/protobuf', 'grpc'] as const)('%s: what is sent is compressed if that is wanted', async (protocol) => {
  const { url, received } = await collector(protocol, { status: protocol === 'grpc' ? 0 : 200 });
  const sender = await senderTo({ url, protocol, compression: 'gzip' });
  await sender.send(body, never);
  const [{ headers }] = received;
  expect(headers[protocol === 'grpc' ? 'grpc-encoding' : 'content-encoding']).toBe('gzip');
  expect(gunzipSync(messageOf(received[0], protocol))).toEqual(body);
});

test.for(['http/protobuf', 'grpc'] as const)(
  '%s: a collector that is absent is asked again later',
  async (protocol) => {
    const port = await freePort();
    const sender = await senderTo({ url: `http://127.0.0.1:${port}`, protocol });
    expect(await sender.send(body, never)).toEqual({ kind: 'later', reason: 'the connection failed (ECONNREFUSED)' });

    const { received } = await collector(protocol, { status: protocol === 'grpc' ? 0 : 200 }, port);
    expect(await sender.send(body, never)).toMatchObject({ kind: 'accepted' });
    expect(received).toHaveLength(1);
  },
);

test.for(['http/protobuf', 'grpc'] as const)(
  '%s: a silent collector is given up, and asked again',
  async (protocol) => {
    const { url, received, release } = await collector(protocol, undefined);
    const sender = await senderTo({ url, protocol });
    const late = new AbortController();
    const outcome = sender.send(body, late.signal);
    await expect.poll(() => received).toHaveLength(1);
    late.abort();
    expect(await outcome).toEqual({ kind: 'later', reason: 'no answer in time' });

    release({ status: protocol === 'grpc' ? 0 : 200 });
    expect(await sender.send(body, never)).toMatchObject({ kind: 'accepted' });
  },
);

test('grpc: a server that does not know gRPC is told from one that is away', async () => {
  const { url, answerPlainly } = await collector('grpc', { status: 0 });
  const sender = await senderTo({ url, protocol: 'grpc' });
  answerPlainly(404);
  expect(await sender.send(body, never)).toEqual({
    kind: 'refused',
    reason: 'it answered 404 without a status of gRPC',
  });
  answerPlainly(503);
  expect(await sender.send(body, never)).toEqual({ kind: 'later', reason: 'it answered 503 without a status of gRPC' });
});

test.for([
  ['http://collector:4318', 'http://collector:4318/v1/traces'],
  ['http://collector:4318/', 'http://collector:4318/v1/traces'],
  ['https://vendor.example/otlp', 'https://vendor.example/otlp/v1/traces'],
  ['https://vendor.example/otlp/', 'https://vendor.example/otlp/v1/traces'],
  ['https://vendor.example/v1/traces', 'https://vendor.example/v1/traces'],
])('%s takes traces at %s', ([base, url]) => {
  expect(signalUrl(base, 'traces').href).toBe(url);
});

async function senderTo(endpoint: OtlpEndpoint, signal: OtlpSignal = 'traces'): Promise<OtlpSender> {
  const sender = await createSender(endpoint, signal, createManualClock());
  closers.push(() => sender.close());
  return sender;
}

interface Collector {
  readonly url: string;
  readonly received: Received[];
  /** Answers from now on. */
  release(answer: Answer): void;
  /** Answers with this status of HTTP, and none of gRPC. */
  answerPlainly(status: number): void;
}

/** A collector that answers so, or not at all. */
async function collector(protocol: OtlpEndpoint['protocol'], first: Answer | undefined, port = 0): Promise<Collector> {
  const received: Received[] = [];
  let answer = first;
  let plain: number | undefined;
  const take = async (path: string, headers: IncomingHttpHeaders, content: AsyncIterable<Buffer>): Promise<void> => {
    const chunks: Buffer[] = [];
    for await (const chunk of content) chunks.push(chunk);
    received.push({ path, headers, body: Buffer.concat(chunks) });
  };
  const overHttp = (): Server =>
    createServer((request, response) => {
      void take(request.url!, request.headers, request).then(() => {
        if (answer !== undefined) response.writeHead(answer.status, answer.fields).end(answer.body);
      });
    });
  const answerCall = (stream: ServerHttp2Stream): void => {
    if (plain !== undefined) return stream.respond({ ':status': plain }, { endStream: true });
    if (answer === undefined) return;
    const trailers = { 'grpc-status': String(answer.status), ...answer.fields };
    if (answer.body === undefined) return stream.respond({ ':status': 200, ...trailers }, { endStream: true });
    stream.respond({ ':status': 200 }, { waitForTrailers: true });
    stream.on('wantTrailers', () => stream.sendTrailers(trailers));
    stream.end(Buffer.concat([Buffer.of(0, 0, 0, 0, answer.body.length), answer.body]));
  };
  const overGrpc = (): Server =>
    createHttp2Server().on('stream', (stream, headers) => {
      // The client gives calls up.
      stream.on('error', () => {});
      void take(headers[':path']!, headers, stream).then(
        () => answerCall(stream),
        () => {},
      );
    });
  const server = protocol === 'grpc' ? overGrpc() : overHttp();
  const sockets = new Set<{ destroy(): void }>();
  server.on('connection', (socket) => sockets.add(socket));
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  closers.push(async () => {
    for (const socket of sockets) socket.destroy();
    server.close();
    await once(server, 'close');
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    received,
    release: (given) => (answer = given),
    answerPlainly: (status) => (plain = status),
  };
}

function messageOf({ body: bytes }: Received, protocol: OtlpEndpoint['protocol']): Buffer {
  if (protocol !== 'grpc') return bytes;
  expect(bytes.readUInt32BE(1)).toBe(bytes.length - 5);
  return bytes.subarray(5);
}

function partialSuccess(rejected: number, message: string): Uint8Array {
  const writer = new ProtoWriter();
  const start = writer.begin(1);
  writer.integer(1, rejected);
  writer.string(2, message);
  writer.end(start);
  return writer.take();
}

/** A `google.rpc.Status` with a `RetryInfo`. */
function retryInfo(seconds: number, nanos: number): string {
  const writer = new ProtoWriter();
  writer.integer(1, 14);
  const detail = writer.begin(3);
  writer.string(1, 'type.googleapis.com/google.rpc.RetryInfo');
  const info = writer.begin(2);
  const delay = writer.begin(1);
  writer.integer(1, seconds);
  writer.integer(2, nanos);
  writer.end(delay);
  writer.end(info);
  writer.end(detail);
  return Buffer.from(writer.take()).toString('base64');
}
