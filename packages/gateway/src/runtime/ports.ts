import type { ProxyConfig } from '@sluice/model';
import { probePort } from '@sluice/service';
import { bindAnyPort } from '../wire/internals.ts';
import type { BoundPort } from '../wire/internals.ts';

/** The real ports of the proxy: the system chooses one where the configuration says 0. */
export interface Ports {
  readonly http: number | undefined;
  readonly tls: number | undefined;
}

/** Ports, and what keeps those that the system chose from others while no worker listens. */
export interface HeldPorts {
  readonly ports: Ports;
  /** Lets go of the ports. May be called again. */
  release(): void;
}

/** Makes sure that every port of the proxy is free. Rejects with a PortTakenError for the first that is not. */
export async function holdPorts(proxy: ProxyConfig): Promise<HeldPorts> {
  const held: BoundPort[] = [];
  const hold = async (port: number, key: string): Promise<number> => {
    // What the system chose now, it would choose for others before the workers listen.
    const bound = port === 0 ? bindAnyPort(proxy.host) : undefined;
    if (bound === undefined) return probePort(proxy.host, port, key);
    held.push(bound);
    return bound.port;
  };
  const release = (): void => {
    for (const bound of held.splice(0)) bound.release();
  };
  try {
    const http = proxy.http ? await hold(proxy.port, 'proxy.port') : undefined;
    const tls = proxy.tls === undefined ? undefined : await hold(proxy.tls.port, 'proxy.tls.port');
    return { ports: { http, tls }, release };
  } catch (error) {
    release();
    throw error;
  }
}
