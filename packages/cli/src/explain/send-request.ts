import { randomBytes } from 'node:crypto';
import { request as requestHttp } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { request as requestHttps } from 'node:https';
import type { Socket } from 'node:net';
import { CommandFailure } from '../command/command.ts';
import type { Question } from './read-question.ts';

/** What came of a request, seen from this machine; times in milliseconds since it began. */
export interface SentRequest {
  readonly traceId: string;
  readonly status: number;
  readonly revision?: string | undefined;
  readonly version?: string | undefined;
  readonly connectedMs: number;
  /** When the answer began. */
  readonly answeredMs: number;
  readonly endedMs: number;
  readonly bytes: number;
}

/** The longest that a request may take, in milliseconds. */
const longestMs = 60_000;

/** The trace of a request: the one that its headers name, or a new one, which is not sampled. */
export function traceOf({ headers = [] }: Question): { readonly traceId: string; readonly traceparent: string } {
  const given = headers.find(({ name }) => name.toLowerCase() === 'traceparent')?.value;
  const traceId = /^[0-9a-f]{2}-([0-9a-f]{32})-/.exec(given ?? '')?.[1];
  if (given !== undefined && traceId !== undefined) return { traceId, traceparent: given };
  const made = randomBytes(16).toString('hex');
  return { traceId: made, traceparent: `00-${made}-${randomBytes(8).toString('hex')}-00` };
}

/** Sends a request from this machine to the address that it names. Rejects with a CommandFailure that repeats no header and no query. */
export function sendRequest(question: Question, trace: ReturnType<typeof traceOf>): Promise<SentRequest> {
  const { method = 'GET', url, headers = [] } = question;
  const [, authority = '', target = ''] = /^https?:\/\/([^/?]*)(.*)$/s.exec(url) ?? [];
  const { hostname, port, protocol } = new URL(`${url.split(authority, 1)[0]}${authority}`);
  const given = headers.filter(({ name }) => name.toLowerCase() !== 'traceparent');
  const hasHost = given.some(({ name }) => name.toLowerCase() === 'host');
  const own = [...(hasHost ? [] : [['Host', authority]]), ['traceparent', trace.traceparent], ['Connection', 'close']];
  const begin = performance.now();
  const since = (): number => Math.round((performance.now() - begin) * 10) / 10;
  return new Promise((resolve, reject) => {
    const fail = (error: Error): void =>
      reject(new CommandFailure(`${protocol}//${authority} could not be asked: ${error.message}`));
    const send = protocol === 'https:' ? requestHttps : requestHttp;
    let connectedMs = 0;
    const sent = send({
      host: hostname.replaceAll(/^\[|\]$/g, ''),
      port: port === '' ? undefined : port,
      method,
      path: target.startsWith('/') ? target : `/${target}`,
      headers: [...given.map(({ name, value }) => [name, value]), ...own].flat(),
      agent: false,
      signal: AbortSignal.timeout(longestMs),
    });
    sent.on('error', fail);
    sent.on('socket', (socket: Socket) => {
      socket.once(protocol === 'https:' ? 'secureConnect' : 'connect', () => (connectedMs = since()));
    });
    sent.on('response', (response: IncomingMessage) => {
      const answeredMs = since();
      let bytes = 0;
      response.on('data', (piece: Buffer) => (bytes += piece.length));
      response.on('error', fail);
      response.on('end', () => {
        const { statusCode: status = 0, headers: fields } = response;
        const [revision, version] = ['x-gateway-revision', 'x-gateway-version'].map((name) => fields[name]?.toString());
        resolve({
          traceId: trace.traceId,
          status,
          revision,
          version,
          connectedMs,
          answeredMs,
          endedMs: since(),
          bytes,
        });
      });
    });
    sent.end();
  });
}
