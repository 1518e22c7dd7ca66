import { stringify } from 'yaml';
import { suite } from './peer.ts';

/** What differs between the configurations of the benchmark. */
export interface SluiceConfigOptions {
  readonly port: number;
  readonly managementPort: number;
  /** Where TLS is served, and with which certificate. */
  readonly tls?: { readonly port: number; readonly certFile: string; readonly keyFile: string };
  readonly upstreamPort: number;
  readonly workers: number;
  readonly routes: number;
  /** Added to every answer as `x-bench-generation`, and chooses by its parity which of two upstream answers is served. */
  readonly generation?: number;
  /** Leaves the routes to the API, whose `admin` has this password and no limits. */
  readonly apiPassword?: string;
  /** `gateway` runs without a control plane. */
  readonly role?: 'all' | 'gateway';
  /** YAML by default. JSON is read faster, when there is much of it. */
  readonly format?: 'yaml' | 'json';
  /** Further settings of a route, by its number. */
  readonly routeSettings?: (index: number) => object;
  /** Further settings beside the routes. */
  readonly settings?: object;
  /** Further settings of the proxy. */
  readonly proxySettings?: object;
}

/** Path prefix of route number `index`; the upstream answers below every one of them. */
export function routePrefix(index: number): string {
  return `/api/service-${String(index).padStart(4, '0')}`;
}

/**
 * Renders a `sluice.yaml`, or a `sluice.json`, with as many routes as asked for, all to the one upstream. Metrics and request ids are always
 * on in Sluice; the limits are off and the pool is as large as the number of clients, like nginx's here.
 */
export function sluiceConfig(options: SluiceConfigOptions): string {
  const render = options.format === 'json' ? JSON.stringify : stringify;
  return render({
    role: options.role ?? 'all',
    store: { url: `sqlite:sluice-${options.port}.db` },
    proxy: {
      host: '127.0.0.1',
      port: options.port,
      workers: options.workers,
      exposeRevision: options.generation !== undefined,
      maxConnections: 0,
      maxConnectionsPerAddress: 0,
      maxConcurrentRequests: 0,
      timeouts: { keepAlive: '10m', clientIdle: '10m' },
      ...(options.tls === undefined ? {} : { tls: tlsConfig(options.tls) }),
      ...options.proxySettings,
    },
    management: { host: '127.0.0.1', port: options.managementPort },
    ...options.settings,
    ...(options.apiPassword === undefined
      ? { routes: Array.from({ length: options.routes }, (_, index) => route(index, options)) }
      : { access: { adminPassword: options.apiPassword, limitFactor: 0 } }),
  });
}

function tlsConfig({ port, certFile, keyFile }: NonNullable<SluiceConfigOptions['tls']>): object {
  return { port, certificates: [{ certFile, keyFile }], minVersion: 'TLSv1.3', ciphers: [suite] };
}

function route(index: number, { upstreamPort, generation, routeSettings }: SluiceConfigOptions): object {
  return {
    name: `service-${String(index).padStart(4, '0')}`,
    pathPattern: `${routePrefix(index)}/**`,
    methods: ['GET', 'POST'],
    ...(generation === undefined ? {} : { transformations: marked(generation) }),
    ...routeSettings?.(index),
    backends: [
      { name: 'one', url: `http://127.0.0.1:${upstreamPort}`, connectionPool: { maxSize: 1024, maxIdleTime: '5m' } },
    ],
  };
}

function marked(generation: number): object {
  return {
    request: { addHeaders: { 'x-bench-side': generation % 2 === 0 ? 'even' : 'odd' } },
    response: { addHeaders: { 'x-bench-generation': String(generation) } },
  };
}
