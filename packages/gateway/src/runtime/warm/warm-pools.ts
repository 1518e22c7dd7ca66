import type { CompiledBackend } from '../../compile/compiled-backend.ts';
import type { CompiledRoute } from '../../compile/snapshot.ts';

/**
 * Opens what is missing of the connections of both versions of a route, on one worker, and keeps them open. Returns why
 * the candidate's are not all there yet, in sentences; an empty list when they are. One that has just ended needs none.
 */
export function warmPools({ split }: CompiledRoute): readonly string[] {
  if (split === undefined) return [];
  for (const backend of split.stable.backends) warm(backend);
  return split.candidate.backends.flatMap((backend) => {
    const reason = warm(backend);
    return reason === undefined ? [] : [`The backend ${backend.name} is not connected: ${reason}.`];
  });
}

/** Backends that get no requests need no connections. */
function warm(backend: CompiledBackend): string | undefined {
  if (!backend.isEnabled || backend.weight === 0) return undefined;
  return backend.pool.warm(backend.timeouts.connectTimeout);
}
