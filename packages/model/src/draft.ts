/** What cross-checks look at, read leniently from a configuration that may be wrong anywhere. */
export interface ConfigDraft {
  readonly http: boolean;
  readonly listeners: readonly ListenerDraft[];
  readonly hasTls: boolean;
  readonly routes: readonly RouteDraft[];
}

/** An address the gateway itself listens on. */
export interface ListenerDraft {
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
}

/** A backend as far as it can be read. */
export interface BackendDraft {
  readonly name: string | undefined;
  readonly url: string | undefined;
  readonly weight: number;
}

/** Reads what is there, whatever else is wrong. */
export function readDraft(value: unknown): ConfigDraft {
  const root = record(value);
  const proxy = record(root.proxy);
  const management = record(root.management);
  const http = proxy.http !== false;
  const hasTls = proxy.tls !== undefined;
  const host = text(proxy.host) ?? '127.0.0.1';
  const listeners: ListenerDraft[] = [];
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
  return { http, hasTls, listeners, routes: list(root.routes).map(readRoute) };
}

function readRoute(value: unknown): RouteDraft {
  const route = record(value);
  const retry = record(route.retryPolicy);
  const settings = route.strategyConfig === undefined ? undefined : record(route.strategyConfig);
  return {
    name: text(route.name),
    routeId: text(route.routeId) ?? text(route.name),
    strategy: text(route.strategy),
    strategyConfig: settings && {
      routingRules: Object.entries(record(settings.routingRules)).filter(
        (rule): rule is [string, string] => text(rule[1]) !== undefined,
      ),
      defaultBackend: text(settings.defaultBackend),
    },
    backends: list(route.backends).map(readBackend),
    backendCount: Array.isArray(route.backends) ? route.backends.length : undefined,
    retryInitialDelay: text(retry.initialDelay),
    retryMaxDelay: text(retry.maxDelay),
  };
}

function readBackend(value: unknown): BackendDraft {
  const backend = record(value);
  return { name: text(backend.name), url: text(backend.url), weight: number(backend.weight) ?? 100 };
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
