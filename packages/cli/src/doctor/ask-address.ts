import type { IncomingMessage } from 'node:http';
import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { RequestOptions } from 'node:https';
import type { TLSSocket } from 'node:tls';

/** Longest wait for an answer, in milliseconds. */
const timeout = 3_000;
/** No key set and no metadata is larger. */
const mostBytes = 1_048_576;

/** The answer of a server, as far as the checks look at it. */
export interface AddressAnswer {
  readonly status: number;
  readonly body: string;
  /** Its Date header (RFC 9110 §6.6.1) in milliseconds since 1970; undefined without one. */
  readonly date: number | undefined;
  /** When its certificate ends, in milliseconds since 1970; undefined without TLS. */
  readonly certificateEnds: number | undefined;
}

/** Sends a GET and reads the answer; follows no redirect. Rejects with the reason when there is none. */
export function askAddress(url: URL, options: RequestOptions = {}): Promise<AddressAnswer> {
  return new Promise((resolve, reject) => {
    const send = url.protocol === 'https:' ? httpsRequest : httpRequest;
    const request = send(url, { timeout, agent: false, ...options }, (response) => {
      const { authorized, getPeerCertificate } = response.socket as Partial<TLSSocket>;
      const certificate = authorized === undefined ? undefined : getPeerCertificate?.call(response.socket);
      collect(response).then(
        (body) =>
          resolve({
            status: response.statusCode ?? 0,
            body,
            date: timeIn(response.headers.date),
            certificateEnds: timeIn(certificate?.valid_to),
          }),
        reject,
      );
    });
    request.once('timeout', () => request.destroy(new Error(`no answer within ${timeout} ms`)));
    request.once('error', (error: NodeJS.ErrnoException) => {
      // An attempt at both addresses of a name fails with an AggregateError, which has a code but no message.
      reject(error.message === '' ? new Error(error.code ?? 'no connection', { cause: error }) : error);
    });
    request.end();
  });
}

async function collect(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > mostBytes) throw new Error(`the answer has more than ${mostBytes} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function timeIn(text: string | undefined): number | undefined {
  const time = Date.parse(text ?? '');
  return Number.isNaN(time) ? undefined : time;
}
