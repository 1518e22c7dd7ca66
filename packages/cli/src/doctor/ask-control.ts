import type { GatewayConfig } from '@sluice/model';
import { askAddress } from './ask-address.ts';

/**
 * Asks a control process for its time, as the node would: with the same authorities and certificate. Resolves with its Date
 * header in milliseconds; rejects with the reason when it cannot be reached.
 */
export async function askControl(url: string, { caFile, certFile, keyFile }: GatewayConfig['node']): Promise<number> {
  const { readTlsFiles } = await import('@sluice/node');
  const { date } = await askAddress(new URL('/live', url), await readTlsFiles({ caFile, certFile, keyFile }));
  if (date === undefined) throw new Error('the answer has no date: it does not come from Sluice');
  return date;
}
