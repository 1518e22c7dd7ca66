import { connect, constants } from 'node:http2';
import type { ClientHttp2Session, ClientHttp2Stream, IncomingHttpHeaders } from 'node:http2';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { acceptedOutcome, failureOf, longestAnswer } from './answer.ts';
import { bytesOf, integerOf } from './proto-reader.ts';
import { lowerCase } from './sender.ts';
import type { OtlpEndpoint, OtlpSender, OtlpSignal, SendOutcome } from './sender.ts';

const paths: Readonly<Record<OtlpSignal, string>> = {
  traces: '/opentelemetry.proto.collector.trace.v1.TraceService/Export',
  metrics: '/opentelemetry.proto.collector.metrics.v1.MetricsService/Export',
};

const ok = 0;
const resourceExhausted = 8;
/** CANCELLED, DEADLINE_EXCEEDED, ABORTED, OUT_OF_RANGE, UNAVAILABLE and DATA_LOSS (https://opentelemetry.io/docs/specs/otlp/#failures). */
const retryable: ReadonlySet<number> = new Set([1, 4, 10, 11, 14, 15]);
/** Answers of proxies that stand for UNAVAILABLE (https://grpc.github.io/grpc/core/md_doc_http-grpc-status-mapping.html). */
const unavailable: ReadonlySet<number> = new Set([429, 502, 503, 504]);

const compress = promisify(gzip);

/** Sends OTLP by calls of gRPC, over one connection. */
export function createGrpcSender({ url, headers, compression }: OtlpEndpoint, signal: OtlpSignal): OtlpSender {
  const { origin } = new URL(url);
  const isCompressed = compression === 'gzip';
  const fields = {
    ...lowerCase(headers),
    [constants.HTTP2_HEADER_METHOD]: 'POST',
    [constants.HTTP2_HEADER_PATH]: paths[signal],
    'content-type': 'application/grpc',
    'user-agent': 'sluice',
    te: 'trailers',
    ...(isCompressed && { 'grpc-encoding': 'gzip' }),
  };
  const connection = new Connection(origin);
  return {
    async send(body, abort) {
      const message = framed(isCompressed ? await compress(body) : body, isCompressed);
      const session = connection.session();
      const answer = await call(session, fields, message, abort);
      // What did not answer in time may never do so again: the next call makes a connection of its own.
      if (abort.aborted) session.destroy();
      if (answer instanceof Error) {
        const reason = abort.aborted ? 'no answer in time' : failureOf(connection.failure ?? answer);
        return { kind: 'later', reason };
      }
      return outcomeOf(answer);
    },
    close: () => connection.close(),
  };
}

/** The connection to a collector, made when it is needed. */
class Connection {
  readonly #origin: string;
  #session: ClientHttp2Session | undefined;
  /** Why the last connection failed. */
  failure: Error | undefined;

  constructor(origin: string) {
    this.#origin = origin;
  }

  session(): ClientHttp2Session {
    const current = this.#session;
    if (current !== undefined && !current.closed && !current.destroyed) return current;
    this.failure = undefined;
    const session = connect(this.#origin);
    this.#session = session;
    session.on('error', (error: Error) => (this.failure = error));
    session.on('goaway', () => session.close());
    // The exporter keeps no process alive.
    session.unref();
    return session;
  }

  close(): void {
    this.#session?.destroy();
  }
}

/** Header fields, message and trailers. */
interface GrpcAnswer {
  readonly status: number;
  readonly trailers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** One call; never rejects. */
function call(
  session: ClientHttp2Session,
  fields: Readonly<Record<string, string>>,
  message: readonly Uint8Array[],
  signal: AbortSignal,
): Promise<GrpcAnswer | Error> {
  return new Promise((resolve) => {
    let stream: ClientHttp2Stream;
    try {
      stream = session.request(fields, { signal });
    } catch (error) {
      return resolve(error as Error);
    }
    const body: Buffer[] = [];
    let size = 0;
    let status = 0;
    let trailers: IncomingHttpHeaders = {};
    stream.on('response', (response) => {
      status = response[':status'] ?? 0;
      // An answer without a message has its status here.
      trailers = response;
    });
    stream.on('trailers', (last: IncomingHttpHeaders) => (trailers = last));
    stream.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size <= longestAnswer) body.push(chunk);
    });
    stream.on('error', resolve);
    stream.on('close', () =>
      resolve(status === 0 ? new Error('no answer') : { status, trailers, body: Buffer.concat(body) }),
    );
    for (const part of message) stream.write(part);
    stream.end();
  });
}

/** A message with the five bytes before it (https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md). */
function framed(message: Uint8Array, isCompressed: boolean): readonly Uint8Array[] {
  const prefix = Buffer.alloc(5);
  prefix.writeUInt8(isCompressed ? 1 : 0, 0);
  prefix.writeUInt32BE(message.length, 1);
  return [prefix, message];
}

function outcomeOf({ status, trailers, body }: GrpcAnswer): SendOutcome {
  const code = trailers['grpc-status'];
  if (code === undefined) {
    const reason = `it answered ${status} without a status of gRPC`;
    return unavailable.has(status) ? { kind: 'later', reason } : { kind: 'refused', reason };
  }
  const number = Number(code);
  // Without the five bytes before the message.
  if (number === ok) return acceptedOutcome(body.subarray(5));
  const reason = `it answered with status ${number} of gRPC`;
  const afterMs = retryDelay(trailers['grpc-status-details-bin']);
  const isRetryable = retryable.has(number) || (number === resourceExhausted && afterMs !== undefined);
  return isRetryable ? { kind: 'later', reason, afterMs } : { kind: 'refused', reason };
}

/** The delay of a `RetryInfo` among the details of a `google.rpc.Status`, in milliseconds. */
function retryDelay(details: string | readonly string[] | undefined): number | undefined {
  if (typeof details !== 'string') return undefined;
  const detail = bytesOf(Buffer.from(details, 'base64'), 3);
  if (detail === undefined) return undefined;
  const type = bytesOf(detail, 1);
  if (type === undefined || !Buffer.from(type).toString('latin1').endsWith('/google.rpc.RetryInfo')) return undefined;
  const delay = bytesOf(bytesOf(detail, 2) ?? new Uint8Array(), 1) ?? new Uint8Array();
  return integerOf(delay, 1) * 1000 + integerOf(delay, 2) / 1e6;
}
