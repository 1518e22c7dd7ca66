import type { Explanation, Strategy } from '@sluice/model';
import { createChoose } from '../balance/index.ts';
import type { CompiledBackend } from '../compile/compiled-backend.ts';
import type { CompiledRoute } from '../compile/snapshot.ts';
import type { Exchange } from '../forward/exchange.ts';

type Told = Explanation['backends'][number];

/** Strategies by which every backend gets its turn. */
const byTurns: ReadonlySet<Strategy> = new Set(['RoundRobin', 'WeightedRoundRobin', 'Random']);
/** The fewest draws by which it is found out what another strategy may choose. */
const fewestDraws = 100;

/** The backends of a route as they are now, and which of them may be chosen. */
export function explainBackends(
  route: CompiledRoute,
  exchange: Exchange,
): Pick<Explanation, 'strategy' | 'backends' | 'candidates'> {
  return {
    strategy: route.balance.strategy,
    backends: route.backends.map((backend) => explainBackend(backend, exchange)),
    candidates: candidatesOf(route, exchange),
  };
}

/** Each choice is made by a strategy with a state of its own, so that the next real request finds its turn unchanged. */
function candidatesOf({ balance, backends }: CompiledRoute, exchange: Exchange): string[] {
  const { strategy, strategyConfig } = balance;
  if (byTurns.has(strategy)) return backends.filter(mayBeChosen).map(({ name }) => name);
  const chosen = new Set<CompiledBackend>();
  const draws = Math.max(fewestDraws, backends.length);
  for (let draw = 0; draw < draws; draw++) {
    const choose = createChoose(strategy, backends, { strategyConfig, random: () => (draw + 0.5) / draws });
    const backend = choose(exchange, []);
    if (backend !== undefined) chosen.add(backend);
  }
  return backends.filter((backend) => chosen.has(backend)).map(({ name }) => name);
}

function mayBeChosen(backend: CompiledBackend): boolean {
  return backend.weight > 0 && backend.usable();
}

function explainBackend(backend: CompiledBackend, { worker }: Exchange): Told {
  const { name, authority, weight, isEnabled, timeouts } = backend;
  const { state, deadlines } = worker;
  const breaker = backend.breaker && breakerStates[state.breakers.state(backend.breakerSlot, deadlines.now)];
  const isEjected = state.ejection.isEjected(backend.targetSlot, deadlines.now);
  const health = state.health.get(backend.targetSlot);
  const isUsable = mayBeChosen(backend);
  return {
    backend: name,
    authority,
    weight,
    isEnabled,
    health,
    isEjected,
    ...(breaker && { circuitBreaker: breaker }),
    activeRequests: backend.active(),
    latencyMs: backend.latencyMs(),
    timeouts: { connectMs: timeouts.connectTimeout, readMs: timeouts.readTimeout, writeMs: timeouts.writeTimeout },
    mayBeChosen: isUsable,
    explanation: isUsable ? 'it may be chosen' : whyNot(backend, worker),
  };
}

const breakerStates = { closed: 'Closed', open: 'Open', 'half-open': 'HalfOpen' } as const;

function whyNot(backend: CompiledBackend, { state }: Exchange['worker']): string {
  if (!backend.isEnabled) return 'it is disabled';
  if (backend.weight === 0) return 'its weight is 0';
  if (state.health.isFaulty(backend.targetSlot)) return 'this node lacks what it needs, such as a file of certificates';
  if (!state.health.usable(backend.targetSlot)) return 'its health check fails, or it drains';
  return backend.circuitRefuses() ? 'its circuit breaker lets nothing through now' : 'its failures have ejected it';
}
