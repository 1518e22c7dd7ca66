import { ownedBackendId, referenceIn } from './identity.ts';

/** What cross-checks look at, read leniently from a configuration that may be wrong anywhere. */
export interface ConfigDraft {
  readonly http: boolean;
  readonly listeners: readonly Listener[];
  readonly hasTls: boolean;
  readonly routes: readonly RouteDraft[];
  /** The shared backends. */
  readonly backends: readonly SharedBackendDraft[];
  readonly node: NodeDraft;
}

/** What a process is among many, as far as it can be read. */
export interface NodeDraft {
  readonly role: string;
  readonly hasRoutes: boolean;
  readonly hasControlUrls: boolean;
  readonly hasJoinToken: boolean;
  readonly hasCertFile: boolean;
  readonly hasKeyFile: boolean;
}

/** An address the gateway itself listens on. */
export interface Listener {
  readonly key: 'proxy.port' | 'proxy.tls.port' | 'management.port';
  readonly host: string;
  readonly port: number;
  readonly path: (string | number)[];
}

/** A route as far as it can be read. */
export interface RouteDraft {
  readonly name: string | undefined;
  readonly routeId: string | undefined;
  readonly strategy: string | undefined;
  readonly strategyConfig: { routingRules: [string, string][]; defaultBackend: string | undefined } | undefined;
  readonly backends: readonly BackendDraft[];
  readonly backendCount: number | undefined;
  readonly retryInitialDelay: string | undefined;
  readonly retryMaxDelay: string | undefined;
  readonly path: string | undefined;
  readonly rewritePath: string | undefined;
}

/** A backend of a route as far as it can be read; name and weight of a shared one are those of the shared list. */
export interface BackendDraft {
  readonly name: string | undefined;
  /** The address, when it is written here. */
  readonly url: string | undefined;
  readonly weight: number;
  /** The shared backend that is named. */
  readonly reference?: string;
  /** Nothing is known of the shared backend that is named. */
  readonly isUnknown?: true;
  /** The id is written beside the address, and is not the one that such a backend has. */
  readonly hasOtherId?: true;
}

/** A shared backend as far as it can be read. */
export interface SharedBackendDraft {
  readonly name: string | undefined;
  readonly backendId: string | undefined;
  readonly url: string | undefined;
  readonly weight: number;
}

/** Finds what a route needs to know of a shared backend by its id. */
export type SharedLookup = (backendId: string) => Pick<SharedBackendDraft, 'name' | 'weight'> | undefined;

/** Reads what is there, whatever else is wrong. */
export function readDraft(value: unknown): ConfigDraft {
  const root = record(value);
  const backends = list(root.backends).map(readSharedBackend);
  const byId = new Map(backends.map((backend) => [backend.backendId, backend]));
  return {
    ...readListeners(value),
    routes: list(root.routes).map((route) => readRoute(route, (id) => byId.get(id))),
    backends,
    node: readNode(root),
  };
}

function readNode(root: Record<string, unknown>): NodeDraft {
  const node = record(root.node);
  return {
    role: text(root.role) ?? 'all',
    hasRoutes: root.routes !== undefined,
    // What is not a list is reported by its schema.
    hasControlUrls: Array.isArray(node.controlUrls) ? node.controlUrls.length > 0 : node.controlUrls !== undefined,
    hasJoinToken: node.joinToken !== undefined,
    hasCertFile: node.certFile !== undefined,
    hasKeyFile: node.keyFile !== undefined,
  };
}

/** Where a gateway with this configuration listens; the configuration may be parsed or as it was written. */
export function readListeners(value: unknown): Pick<ConfigDraft, 'http' | 'hasTls' | 'listeners'> {
  const root = record(value);
  const proxy = record(root.proxy);
  const management = record(root.management);
  const http = proxy.http !== false;
  const hasTls = proxy.tls !== undefined;
  const host = text(proxy.host) ?? '127.0.0.1';
  const listeners: Listener[] = [];
  if (http) listeners.push({ key: 'proxy.port', host, port: number(proxy.port) ?? 8000, path: ['proxy', 'port'] });
  if (hasTls) {
    const port = number(record(proxy.tls).port) ?? 8443;
    listeners.push({ key: 'proxy.tls.port', host, port, path: ['proxy', 'tls', 'port'] });
  }
  listeners.push({
    key: 'management.port',
    host: text(management.host) ?? '127.0.0.1',
    port: number(management.port) ?? 5000,
    path: ['management', 'port'],
  });
  return { http, hasTls, listeners };
}

/** Reads a route as far as it can be read. */
export function readRoute(value: unknown, shared: SharedLookup): RouteDraft {
  const route = record(value);
  const retry = record(route.retryPolicy);
  const settings = route.strategyConfig === undefined ? undefined : record(route.strategyConfig);
  const routeId = text(route.routeId) ?? text(route.name);
  return {
    name: text(route.name),
    routeId,
    strategy: text(route.strategy),
    strategyConfig: settings && {
      routingRules: Object.entries(record(settings.routingRules)).filter(
        (rule): rule is [string, string] => text(rule[1]) !== undefined,
      ),
      defaultBackend: text(settings.defaultBackend),
    },
    backends: list(route.backends).map((backend) => readBackend(backend, shared, routeId)),
    backendCount: Array.isArray(route.backends) ? route.backends.length : undefined,
    retryInitialDelay: text(retry.initialDelay),
    retryMaxDelay: text(retry.maxDelay),
    path: text(route.path),
    rewritePath: text(record(record(route.transformations).request).rewritePath),
  };
}

function readBackend(value: unknown, shared: SharedLookup, routeId: string | undefined): BackendDraft {
  const reference = referenceIn(value);
  if (reference === undefined) {
    const { name, url, weight } = readSharedBackend(value);
    const written = text(record(value).backendId);
    const isOther = written !== undefined && written !== ownedBackendId(routeId ?? '', name ?? '');
    return { name, url, weight, ...(isOther ? { hasOtherId: true } : {}) };
  }
  const found = shared(reference);
  if (found === undefined) return { name: undefined, url: undefined, weight: 100, reference, isUnknown: true };
  return { name: found.name, url: undefined, weight: found.weight, reference };
}

/** Reads a shared backend as far as it can be read. */
export function readSharedBackend(value: unknown): SharedBackendDraft {
  const backend = record(value);
  const name = text(backend.name);
  return {
    name,
    backendId: text(backend.backendId) ?? name,
    url: text(backend.url),
    weight: number(backend.weight) ?? 100,
  };
}

function record(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {};
}

function list(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

function number(value: unknown): number | undefined {
  return typeof value === 'number' ? value : undefined;
}
