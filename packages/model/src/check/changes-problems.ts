import type { z } from 'zod';
import type { gatewayConfig } from '../config/gateway-config.ts';
import { gateProblems, phaseProblems } from '../deployment/settings-problems.ts';
import type { Problem } from '../values/problem.ts';
import type { Readable } from './readable.ts';

type ReadableConfig = Readable<z.output<typeof gatewayConfig>>;
type Place = readonly (string | number)[];

/** What keeps saved changes from being measured. */
export function changesProblems(config: ReadableConfig): Problem[] {
  const { routes } = config;
  const places: [Place, ReadableConfig['changes']][] = [
    [['changes'], config.changes],
    ...(routes ?? []).map(({ changes }, index): [Place, ReadableConfig['changes']] => [
      ['routes', index, 'changes'],
      changes,
    ]),
  ];
  return places.flatMap(([place, changes]) => {
    if (changes === undefined || changes === 'direct') return [];
    if (config.role === 'gateway') return [{ path: [...place], message: withoutControl }];
    if (routes === undefined) return [{ path: [...place], message: withoutRoutes }];
    if (typeof changes !== 'object') return [];
    const found = [...phaseProblems(changes.phases), ...gateProblems(changes.gates, config.deployments ?? {})];
    return found.map((problem) => ({ ...problem, path: [...place, ...problem.path] }));
  });
}

const withoutControl = 'a process of role gateway compares nothing: only role all or control measures changes';
const withoutRoutes =
  'without routes in the file, the API manages them, and a change is measured by sluice deploy: leave this out';
