import type { ListenPlace } from '@sluice/service';
import { ListenRefusedError, PortTakenError } from '@sluice/service';
import type { CheckInput } from './check.ts';
import { placesToListen } from '../config/places-to-listen.ts';
import { fail, ok } from './finding.ts';
import type { Finding } from './finding.ts';

/** Whether the ports are free, or who holds them. */
export function checkPorts({ config, probes }: CheckInput): Promise<Finding[]> {
  return Promise.all(placesToListen(config).map((listener) => lookAt(listener, probes)));
}

async function lookAt({ key, host, port }: ListenPlace, probes: CheckInput['probes']): Promise<Finding> {
  const place = `${host}:${port} (${key})`;
  if (port === 0) return ok(`any free port on ${host} (${key})`);
  try {
    await probes.probePort(host, port, key);
    return ok(`${place} is free`);
  } catch (error) {
    if (error instanceof PortTakenError) return taken(place, key, error.holder);
    if (error instanceof ListenRefusedError) return fail(`${place}: ${error.reason}`, error.advice);
    throw error;
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
