import type { DeploymentSettings } from '@sluice/model';
import { hideSecrets } from '../access/hide-secrets.ts';

type Written = { readonly gates?: unknown; readonly blueGreen?: unknown };

/** Settings of a deployment without the credentials that people put into queries and headers. */
export function hideCredentials<T extends Written>(settings: T): T {
  const { gates, blueGreen } = settings as Pick<DeploymentSettings, 'gates' | 'blueGreen'>;
  return {
    ...settings,
    gates: gates.map((gate) => (gate.type === 'http' ? { ...gate, url: hideInAddress(gate.url) } : gate)),
    blueGreen: { ...blueGreen, smoke: blueGreen.smoke.map((one) => ({ ...one, headers: hideSecrets(one.headers) })) },
  };
}

function hideInAddress(address: string): string {
  const url = new URL(address);
  for (const [name, value] of Object.entries(hideSecrets(Object.fromEntries(url.searchParams)))) {
    if (value === '[hidden]') url.searchParams.set(name, 'hidden');
  }
  return url.href;
}
