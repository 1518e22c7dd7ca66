import type { ProxyConfig } from '@sluice/model';
import { probePort } from '@sluice/service';

/** The real ports of the proxy: the system chooses one where the configuration says 0. */
export interface Ports {
  readonly http: number | undefined;
  readonly tls: number | undefined;
}

/** Makes sure that every port of the proxy is free. Rejects with a PortTakenError for the first that is not. */
export async function probePorts(proxy: ProxyConfig): Promise<Ports> {
  return {
    http: proxy.http ? await probePort(proxy.host, proxy.port, 'proxy.port') : undefined,
    tls: proxy.tls === undefined ? undefined : await probePort(proxy.host, proxy.tls.port, 'proxy.tls.port'),
  };
}
