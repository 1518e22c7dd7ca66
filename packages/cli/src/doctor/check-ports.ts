import type { GatewayConfig } from '@sluice/model';
import { codeOf, PortTakenError } from '@sluice/service';
import type { CheckInput } from './check.ts';
import { fail, ok } from './finding.ts';
import type { Finding } from './finding.ts';

/** Where a process listens, and the configuration key of the port. */
interface Listener {
  readonly key: string;
  readonly host: string;
  readonly port: number;
}

/** Whether the ports are free, or who holds them. */
export function checkPorts({ config, probes }: CheckInput): Promise<Finding[]> {
  return Promise.all(listenersOf(config).map((listener) => lookAt(listener, probes)));
}

/** The listeners that a configuration asks for. */
export function listenersOf({ role, proxy, management }: GatewayConfig): Listener[] {
  const serves = role !== 'control';
  return [
    ...(serves && proxy.http ? [{ key: 'proxy.port', host: proxy.host, port: proxy.port }] : []),
    ...(serves && proxy.tls !== undefined ? [{ key: 'proxy.tls.port', host: proxy.host, port: proxy.tls.port }] : []),
    { key: 'management.port', host: management.host, port: management.port },
  ];
}

async function lookAt({ key, host, port }: Listener, probes: CheckInput['probes']): Promise<Finding> {
  const place = `${host}:${port} (${key})`;
  if (port === 0) return ok(`any free port on ${host} (${key})`);
  try {
    await probes.probePort(host, port, key);
    return ok(`${place} is free`);
  } catch (error) {
    if (error instanceof PortTakenError) return taken(place, key, error.holder);
    const refusal = refusals[codeOf(error) ?? ''];
    if (refusal === undefined) throw error;
    return fail(`${place}: ${refusal.what}`, refusal.advice.replace('KEY', key));
  }
}

function taken(place: string, key: string, holder: string | undefined): Finding {
  // Sluice may be running while it is checked.
  if (holder !== undefined && /sluice/i.test(holder)) return ok(`${place} is in use by ${holder}: Sluice is running`);
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
