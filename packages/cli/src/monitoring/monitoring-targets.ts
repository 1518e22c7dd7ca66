import type { MonitoringTarget } from '@sluice/deploy';
import type { GatewayConfig } from '@sluice/model';
import { UsageError } from '../command/command.ts';

/** The processes that a configuration knows: its own, and the control processes that a node follows. */
export function targetsOf({ management, node, role }: GatewayConfig): MonitoringTarget[] {
  if (management.port === 0) {
    throw new UsageError(
      'management.port is 0, any free port: name the addresses that Prometheus scrapes with --targets',
    );
  }
  const scheme = management.tls === undefined ? 'http' : 'https';
  const own = { scheme, address: `${reachableHost(management.host)}:${management.port}` } as const;
  const controls = role === 'gateway' ? node.controlUrls.map(targetOf) : [];
  return [own, ...controls];
}

/** Reads a flag with addresses, commas between them, each `HOST:PORT` or with its scheme before it. */
export function readTargets(flag: string, text: string): MonitoringTarget[] {
  return text.split(',').map((part) => {
    const written = part.trim();
    const url = /^https?:\/\//i.test(written) ? written : `http://${written}`;
    if (!URL.canParse(url) || !isAddress(new URL(url), written)) {
      throw new UsageError(
        `--${flag} has "${written}": expected HOST:PORT, or https://HOST:PORT, with commas between them`,
      );
    }
    return targetOf(url);
  });
}

/** Nothing but a host and a port, and the port in the text itself. */
function isAddress(url: URL, written: string): boolean {
  return `${url.pathname}${url.search}${url.hash}${url.username}${url.password}` === '/' && /:\d+$/.test(written);
}

function targetOf(text: string): MonitoringTarget {
  const { protocol, hostname, port } = new URL(text);
  const scheme = protocol === 'https:' ? 'https' : 'http';
  return { scheme, address: `${hostname}:${port || (scheme === 'https' ? 443 : 80)}` };
}

/** A host that stands for all addresses of the machine is scraped at one that every machine has. */
function reachableHost(host: string): string {
  if (host === '0.0.0.0' || host === '::') return 'localhost';
  return host.includes(':') ? `[${host}]` : host;
}

/** What takes the place of an address with a secret in it. */
const instead = {
  webhook: 'use a receiver of your own in Alertmanager',
  prometheus: 'use a data source of your own in Grafana',
  jaeger: 'use a data source of your own in Grafana',
} as const;

/** Reads a flag with an address. What could hold a secret is refused, since the files hold none. */
export function readAddress(flag: keyof typeof instead, text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol)) {
    throw new UsageError(`--${flag}: expected an address such as http://127.0.0.1:9090`);
  }
  if (`${url.username}${url.password}${url.search}` === '') return text;
  throw new UsageError(
    `--${flag} has a password or a query, which may be a secret, and the files hold none: ${instead[flag]}`,
  );
}
