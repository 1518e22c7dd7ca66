import { PortTakenError } from '@sluice/service';
import type { Check, Examination } from './check.ts';
import { isGateway } from './check.ts';
import type { Finding } from './finding.ts';
import { findingsOf } from './finding.ts';

const { ok, fail } = findingsOf('ports');

interface Place {
  readonly key: string;
  readonly host: string;
  readonly port: number;
}

/** Whether the ports can be listened on, or who has them. */
export const checkPorts: Check = {
  name: 'ports',
  async run(examination) {
    const findings: Finding[] = [];
    for (const place of placesOf(examination)) findings.push(await lookAt(place, examination));
    return findings;
  },
};

function placesOf(examination: Examination): Place[] {
  const { proxy, management } = examination.config;
  const serves = isGateway(examination);
  return [
    ...(serves && proxy.http ? [{ key: 'proxy.port', host: proxy.host, port: proxy.port }] : []),
    ...(serves && proxy.tls !== undefined ? [{ key: 'proxy.tls.port', host: proxy.host, port: proxy.tls.port }] : []),
    { key: 'management.port', host: management.host, port: management.port },
  ];
}

async function lookAt({ key, host, port }: Place, { instruments }: Examination): Promise<Finding> {
  const place = `${host}:${port} (${key})`;
  if (port === 0) return ok(`any free port on ${host} (${key})`);
  try {
    await instruments.probePort(host, port, key);
    return ok(`${place} is free`);
  } catch (error) {
    if (error instanceof PortTakenError) return taken(place, key, error.holder);
    const { code = '' } = error as NodeJS.ErrnoException;
    const refusal = refusals[code];
    if (refusal === undefined) throw error;
    return fail(`${place}: ${refusal.what}`, refusal.advice.replace('KEY', key));
  }
}

function taken(place: string, key: string, holder: string | undefined): Finding {
  // A doctor that is called while the patient is at work.
  if (holder !== undefined && /sluice/i.test(holder)) return ok(`${place} is in use by ${holder}: Sluice runs`);
  const variable = `SLUICE__${key.replaceAll('.', '__').toUpperCase()}`;
  return fail(
    `${place} is taken by ${holder ?? 'another process'}`,
    `stop it, or choose another port: ${key}, ${variable}`,
  );
}

const refusals: Readonly<Record<string, { readonly what: string; readonly advice: string }>> = {
  EACCES: {
    what: 'this user may not listen there',
    advice: 'choose a port from 1024 on for KEY, or give the process CAP_NET_BIND_SERVICE',
  },
  EADDRNOTAVAIL: {
    what: 'this machine does not have that address',
    advice: 'choose an address of this machine, or 0.0.0.0 or :: for all of them',
  },
  ENOTFOUND: { what: 'there is no such host', advice: 'use an IP address, or a name that this machine can resolve' },
};
