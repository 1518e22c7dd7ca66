import type { z } from 'zod';
import type { ChangesConfig } from '../config/changes-config.ts';
import { configWarnings } from './config-warnings.ts';
import { crossProblems } from './cross-problems.ts';
import { fieldProblems } from './field-problems.ts';
import { hiddenProblems } from '../values/hidden-secrets.ts';
import { gatewayConfig } from '../config/gateway-config.ts';
import type { GatewayConfig } from '../config/gateway-config.ts';
import { withBackendId } from './parse-backend.ts';
import { resolveRoute } from './parse-route.ts';
import { firstProblems } from '../values/problem.ts';
import type { Problem } from '../values/problem.ts';
import { readable } from './readable.ts';

/** The outcome of reading a configuration: usable, or everything that is wrong with it. */
export type ParseResult =
  | { readonly ok: true; readonly config: GatewayConfig; readonly warnings: Problem[] }
  | { readonly ok: false; readonly problems: Problem[] };

/** Where a configuration comes from. */
export interface ConfigOrigin {
  /** It was exported from an API, which knows the secrets that its answers hide. */
  readonly isFromApi?: boolean;
}

/** Validates a configuration and fills in its defaults; reports the first problems at once, counts the rest, and never throws. */
export function parseConfig(value: unknown, { isFromApi = false }: ConfigOrigin = {}): ParseResult {
  // A file that is empty or holds only comments is the default configuration, not an error.
  const given = value ?? {};
  const result = gatewayConfig.safeParse(given, { reportInput: true });
  const across = firstProblems(
    crossProblems(result.success ? result.data : readable(gatewayConfig, given), given),
    isFromApi ? [] : hiddenProblems(given),
  );
  if (result.success && across.length === 0) {
    const config = resolve(result.data);
    return { ok: true, config, warnings: configWarnings(given, config) };
  }
  const fields = result.success ? [] : fieldProblems(result.error.issues);
  return { ok: false, problems: firstProblems(fields, across) };
}

/** A configuration that was found right, with every route and backend whole. */
function resolve(parsed: z.output<typeof gatewayConfig>): GatewayConfig {
  const { $schema: _schema, routes: written = [], changes: usual, ...rest } = parsed;
  const backends = rest.backends.map((backend) => withBackendId(backend));
  const shared = new Map(backends.map((backend) => [backend.backendId, backend]));
  const byRoute: Record<string, ChangesConfig> = {};
  const routes = written.map(({ changes, ...route }) => {
    const resolved = resolveRoute(route, (id) => shared.get(id));
    if (changes !== undefined) byRoute[resolved.routeId] = changes;
    return resolved;
  });
  return {
    ...rest,
    backends,
    routes,
    routesOwner: parsed.routes === undefined ? 'api' : 'file',
    changes: { usual, byRoute },
  };
}
