import type { RouteConfig, SmokeRequest } from '@sluice/model';
import { once } from 'node:events';
import { request as httpRequest } from 'node:http';
import type { ClientRequest, IncomingMessage, RequestOptions } from 'node:http';
import { request as httpsRequest } from 'node:https';

/** The gateway's own port, as the gateway reaches it. */
export interface OwnDoor {
  readonly host: string;
  readonly port: number;
  readonly secure: boolean;
}

type Address = Pick<OwnDoor, 'host' | 'port'>;

/** The port to use: the plain one if there is one. A gateway that listens on every address is reached on the loopback. */
export function ownDoor({ proxy, tls }: { readonly proxy?: Address; readonly tls?: Address }): OwnDoor | undefined {
  const address = proxy ?? tls;
  if (address === undefined) return undefined;
  const { host, port } = address;
  return { host: loopbacks[host] ?? host, port, secure: proxy === undefined };
}

const loopbacks: Readonly<Record<string, string>> = { '0.0.0.0': '127.0.0.1', '::': '::1' };

/** What a smoke request is sent with. */
export interface SmokeContext {
  readonly door: OwnDoor;
  /** The candidate that is to answer. */
  readonly candidate: RouteConfig;
  /** Marks the request as the gateway's own, and so sends it to the candidate. */
  readonly probeToken: string;
  /** Ends the request; its reason is told as a problem. */
  readonly signal: AbortSignal;
}

/**
 * Sends a smoke request to the candidate, through the gateway as a client would. Resolves with undefined when the candidate
 * answered as it should, else with what went wrong, in a sentence. Never rejects.
 */
export async function sendSmoke(smoke: SmokeRequest, context: SmokeContext): Promise<string | undefined> {
  const what = `${smoke.method} ${pathOf(smoke)}`;
  let request: ClientRequest | undefined;
  try {
    request = send(smoke, context);
    request.on('error', ignoreAfterVerdict).end();
    const [response] = (await once(request, 'response', { signal: context.signal })) as [IncomingMessage];
    response.on('error', ignoreAfterVerdict);
    return judge(response, smoke, what);
  } catch (error) {
    const { message, code } = error as NodeJS.ErrnoException;
    const reason = context.signal.aborted ? String(context.signal.reason) : message || code;
    return `The smoke request ${what} got no answer: ${reason}.`;
  } finally {
    request?.destroy();
  }
}

function judge({ statusCode, headers }: IncomingMessage, smoke: SmokeRequest, what: string): string | undefined {
  // Only the candidate of the deployment with this token says so. Another route may also answer 200 at this path.
  if (headers['x-gateway-version'] !== 'candidate') {
    return `The smoke request ${what} did not reach the candidate: its path, method or headers lead elsewhere (status ${statusCode}).`;
  }
  if (statusCode === smoke.expectedStatusCode) return undefined;
  return `The smoke request ${what} was answered with status ${statusCode} instead of ${smoke.expectedStatusCode}.`;
}

function send(smoke: SmokeRequest, { door, candidate, probeToken, signal }: SmokeContext): ClientRequest {
  const host = hostOf(candidate);
  const options: RequestOptions = {
    host: door.host,
    port: door.port,
    method: smoke.method,
    path: smoke.path,
    agent: false,
    signal,
    headers: {
      host,
      'user-agent': 'sluice-smoke-request',
      ...matching(candidate),
      ...lowerCased(smoke.headers),
      'sluice-probe': probeToken,
    },
  };
  // The certificate names what clients connect to; here the gateway connects to itself.
  return door.secure ? httpsRequest({ ...options, ...named(host), rejectUnauthorized: false }) : httpRequest(options);
}

/** A host that the route answers to. */
function hostOf({ hosts }: RouteConfig): string {
  const [first = 'localhost'] = hosts;
  return first.startsWith('*.') ? `smoke${first.slice(1)}` : first;
}

/** The name chooses the certificate; an address is never sent as a name (RFC 6066 §3). */
function named(host: string): { servername?: string } {
  return { servername: host.startsWith('[') || /^[\d.]+$/.test(host) ? '' : host };
}

/** The headers that the route asks for. */
function matching({ headers }: RouteConfig): Record<string, string> {
  return lowerCased(
    Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, value === '*' ? '1' : value])),
  );
}

function lowerCased(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}

/** Without its query, which may contain a secret. */
function pathOf({ path }: SmokeRequest): string {
  return path.split('?', 1)[0];
}

/** `once` waits for errors. One that comes after the result does not matter, but it needs a listener. */
function ignoreAfterVerdict(): void {}
