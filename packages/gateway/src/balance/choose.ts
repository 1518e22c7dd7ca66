import type { Strategy, StrategyConfig } from '@sluice/model';
import type { ChoosableBackend, Choose } from './strategy.ts';
import { direct } from './strategies/direct.ts';
import { fairShare } from './fair-share.ts';
import { headerBased } from './strategies/header-based.ts';
import { ipHash } from './strategies/ip-hash.ts';
import { leastConnections } from './strategies/least-connections.ts';
import { leastResponseTime } from './strategies/least-response-time.ts';
import { random } from './strategies/random.ts';
import { roundRobin } from './strategies/round-robin.ts';
import { weightedRoundRobin } from './strategies/weighted-round-robin.ts';

/** Options of the strategies. */
export interface ChooseOptions {
  /** Required by HeaderBased, ignored by the others. */
  readonly strategyConfig?: StrategyConfig | undefined;
  /** Numbers in [0, 1), by default `Math.random`. */
  readonly random?: () => number;
  /** Salt of IPHash, by default 0. Clients stay where they are only while it is the same on every worker and node. */
  readonly seed?: number;
}

/**
 * Prepares the choice among the backends of one route, on one worker. Backends of weight 0 are left out here. The
 * returned function allocates nothing.
 *
 * Throws when HeaderBased comes without its configuration or names a backend that is not there: validation refuses such
 * a route before.
 */
export function createChoose<C extends ChoosableBackend>(
  strategy: Strategy,
  backends: readonly C[],
  options: ChooseOptions = {},
): Choose<C> {
  const serving = backends.filter((backend) => backend.weight > 0);
  const only = serving[0];
  if (only === undefined) return chooseNone;
  if (backends.length === 1) return direct(only);
  return withSecondChance(createStrategy(strategy, backends, serving, options));
}

function createStrategy<C extends ChoosableBackend>(
  strategy: Strategy,
  backends: readonly C[],
  serving: readonly C[],
  options: ChooseOptions,
): Choose<C> {
  const draw = options.random ?? Math.random;
  switch (strategy) {
    case 'RoundRobin':
      // Different weights are respected: otherwise 90:10 would be an even split.
      return serving.every(({ weight }) => weight === serving[0].weight)
        ? roundRobin(serving, draw)
        : weightedRoundRobin(serving, draw);
    case 'WeightedRoundRobin':
      return weightedRoundRobin(serving, draw);
    case 'LeastConnections':
      return fairShare(serving, leastConnections(serving, draw));
    case 'IPHash':
      return ipHash(serving, options.seed ?? 0);
    case 'HeaderBased':
      return headerBased(backends, options.strategyConfig);
    case 'Random':
      return random(serving, draw);
    case 'LeastResponseTime':
      return fairShare(serving, leastResponseTime(serving, draw));
    case 'Direct':
      return direct(serving[0]);
    default:
      throw new Error(`unknown strategy ${String(strategy satisfies never)}`);
  }
}

/** If all usable backends have been tried, one of them is tried again. */
function withSecondChance<C extends ChoosableBackend>(choose: Choose<C>): Choose<C> {
  return function chooseBackend(request, tried) {
    const chosen = choose(request, tried);
    return chosen === undefined && tried.length > 0 ? choose(request, []) : chosen;
  };
}

function chooseNone(): undefined {
  return undefined;
}
