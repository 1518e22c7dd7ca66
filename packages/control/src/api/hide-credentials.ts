import type { DeploymentSettings } from '@sluice/model';
import { hideSecrets } from '../access/hide-secrets.ts';

type Written = { readonly gates?: unknown; readonly blueGreen?: unknown };

/** What people name the secrets of an address or of a request, beyond what is a secret everywhere. */
const secretName = /(^|[-_])(key|sig|signature|code)$/i;

/** Settings of a deployment without the credentials that people put into queries and headers. */
export function hideCredentials<T extends Written>(settings: T): T {
  const { gates, blueGreen } = settings as Pick<DeploymentSettings, 'gates' | 'blueGreen'>;
  const smoke = blueGreen.smoke.map((one) => ({
    ...one,
    path: hideInPath(one.path),
    headers: hideNamed(one.headers, '[hidden]'),
  }));
  return {
    ...settings,
    gates: gates.map((gate) => (gate.type === 'http' ? { ...gate, url: hideInAddress(gate.url) } : gate)),
    blueGreen: { ...blueGreen, smoke },
  };
}

function hideInAddress(address: string): string {
  const url = new URL(address);
  url.search = hideInQuery(url.search.slice(1));
  return url.href;
}

function hideInPath(path: string): string {
  const start = path.indexOf('?');
  return start === -1 ? path : `${path.slice(0, start)}?${hideInQuery(path.slice(start + 1))}`;
}

/** What is no secret stays as it was written. */
function hideInQuery(query: string): string {
  const fields = new URLSearchParams(query);
  const hidden = hideNamed(Object.fromEntries(fields), 'hidden');
  const isSecret = [...fields.keys()].some((name) => hidden[name] === 'hidden');
  if (!isSecret) return query;
  for (const name of new Set(fields.keys())) if (hidden[name] === 'hidden') fields.set(name, 'hidden');
  return fields.toString();
}

function hideNamed(fields: Readonly<Record<string, string>>, instead: string): Record<string, string> {
  const known = hideSecrets(fields);
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [
      name,
      known[name] === '[hidden]' || secretName.test(name) ? instead : value,
    ]),
  );
}
