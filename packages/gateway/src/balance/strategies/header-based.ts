import type { StrategyConfig } from '@sluice/model';
import { isEligible } from '../strategy.ts';
import type { ChoosableBackend, Choose } from '../strategy.ts';

/**
 * The backend named for the header's value. The default one serves all other values, requests without the header, and
 * those whose backend is not usable; a third one never does.
 */
export function headerBased<C extends ChoosableBackend>(
  backends: readonly C[],
  routing: StrategyConfig | undefined,
): Choose<C> {
  if (routing === undefined) throw new Error('the strategy HeaderBased needs a strategyConfig');
  const header = routing.headerName.toLowerCase();
  const fallback = backendNamed(backends, routing.defaultBackend);
  const byValue = new Map<string, C>();
  for (const [value, name] of Object.entries(routing.routingRules)) byValue.set(value, backendNamed(backends, name));
  return function chooseByHeader(request, tried) {
    const value = request.header(header);
    const named = value === undefined ? undefined : byValue.get(value);
    if (named !== undefined && isServing(named, tried)) return named;
    return isServing(fallback, tried) ? fallback : undefined;
  };
}

function isServing<C extends ChoosableBackend>(backend: C, tried: readonly C[]): boolean {
  return backend.weight > 0 && isEligible(backend, tried);
}

function backendNamed<C extends ChoosableBackend>(backends: readonly C[], name: string): C {
  const found = backends.find((backend) => backend.name === name);
  if (found === undefined) throw new Error(`the strategy HeaderBased names an unknown backend: ${name}`);
  return found;
}
