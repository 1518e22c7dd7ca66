import { once } from 'node:events';
import { request as httpRequest } from 'node:http';
import type { ClientRequest, IncomingMessage, RequestOptions } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { isIP } from 'node:net';
import { addressOf, failedBy } from '../probe.ts';
import type { ProbeResult, ProbeSubject } from '../probe.ts';

/** A body is searched for the expected text only this far, so that an endless one cannot fill the memory. */
const longestBody = 64 * 1024;

/**
 * A target is well when it answers a GET of the endpoint with the expected status and, if one is given, the expected
 * text. The endpoint is asked as it is, without the path of the backend's URL; redirects are not followed.
 */
export async function httpProbe(subject: ProbeSubject, signal: AbortSignal): Promise<ProbeResult> {
  let request: ClientRequest | undefined;
  try {
    request = subject.url.protocol === 'https:' ? askHttps(subject, signal) : httpRequest(options(subject, signal));
    request.on('error', ignoreAfterVerdict).end();
    const [response] = (await once(request, 'response', { signal })) as [IncomingMessage];
    return await judge(response, subject);
  } catch (error) {
    return failedBy(error, signal);
  } finally {
    request?.destroy();
  }
}

async function judge(response: IncomingMessage, { check }: ProbeSubject): Promise<ProbeResult> {
  if (response.statusCode !== check.expectedStatusCode) {
    return { ok: false, reason: `status ${response.statusCode} instead of ${check.expectedStatusCode}` };
  }
  if (check.expectedResponseBody === undefined) return { ok: true };
  let body = '';
  response.setEncoding('utf8');
  for await (const chunk of response) {
    body += chunk as string;
    if (body.includes(check.expectedResponseBody)) return { ok: true };
    if (body.length > longestBody) break;
  }
  return { ok: false, reason: 'the body does not contain the expected text' };
}

function options({ url, check }: ProbeSubject, signal: AbortSignal): RequestOptions {
  return {
    ...addressOf(url),
    path: check.endpoint,
    headers: { host: url.host, 'user-agent': 'sluice-health-check', accept: '*/*', ...lowerCased(check.headers) },
    agent: false,
    signal,
  };
}

/** So that a configured `Host` or `User-Agent` replaces the usual one instead of being sent beside it. */
function lowerCased(headers: Readonly<Record<string, string>> = {}): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}

function askHttps(subject: ProbeSubject, signal: AbortSignal): ClientRequest {
  const { url, tls, ca } = subject;
  const { host } = addressOf(url);
  return httpsRequest({
    ...options(subject, signal),
    // An address is never sent as a name (RFC 6066, section 3); without a name the certificate must be for the address.
    servername: tls?.serverName ?? (isIP(host) === 0 ? host : ''),
    ...(ca === undefined ? {} : { ca }),
    rejectUnauthorized: tls?.verify ?? true,
  });
}

/** Errors are awaited by `once`; one that comes after the verdict is of no interest, but must not go unheard. */
function ignoreAfterVerdict(): void {}
