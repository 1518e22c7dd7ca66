import type { GatewayConfig } from '@sluice/model';
import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { RequestOptions } from 'node:https';

/** Longest wait for an answer, in milliseconds. */
const timeout = 3_000;

/**
 * Asks a control process for its time, as the node would: with the same authorities and certificate. Resolves with its Date
 * header (RFC 9110, 6.6.1) in milliseconds; rejects with the reason when it cannot be reached.
 */
export async function askControl(url: string, { caFile, certFile, keyFile }: GatewayConfig['node']): Promise<number> {
  const { readTlsFiles } = await import('@sluice/node');
  const target = new URL('/live', url);
  const options = { timeout, agent: false, ...(await readTlsFiles({ caFile, certFile, keyFile })) };
  const date = await ask(target, options);
  const time = Date.parse(date ?? '');
  if (Number.isNaN(time)) throw new Error('the answer has no date: it does not come from Sluice');
  return time;
}

function ask(target: URL, options: RequestOptions): Promise<string | undefined> {
  return new Promise((resolve, reject) => {
    const request = (target.protocol === 'https:' ? httpsRequest : httpRequest)(target, options, (response) => {
      response.resume();
      resolve(response.headers.date);
    });
    request.once('timeout', () => request.destroy(new Error(`no answer within ${timeout} ms`)));
    request.once('error', (error: NodeJS.ErrnoException) => {
      // An attempt at both addresses of a name fails with an AggregateError, which has a code but no message.
      reject(error.message === '' ? new Error(error.code ?? 'no connection', { cause: error }) : error);
    });
    request.end();
  });
}
