import { latencyQuantiles } from '../config/slo-config.ts';
import type { SloConfig } from '../config/slo-config.ts';
import { latencyBounds } from '../values/latency-buckets.ts';
import type { Problem } from '../values/problem.ts';
import type { Readable } from './readable.ts';

/** A route or its document, as far as it says what users can expect of it. */
export interface ObjectiveOfRoute {
  readonly slo?: { readonly availability?: number | undefined } | undefined;
}

const longestSeconds = Math.max(...latencyBounds);
const quantiles = Object.keys(latencyQuantiles) as (keyof typeof latencyQuantiles)[];

/** What is wrong between the times of an objective; paths begin at the route. */
export function sloProblems({ latency = {} }: Readable<SloConfig> = {}): Problem[] {
  const given = quantiles.filter((quantile) => latency[quantile] !== undefined);
  return given.flatMap((quantile, index): Problem[] => {
    const path = ['slo', 'latency', quantile];
    const time = latency[quantile]!;
    if (time > longestSeconds * 1000) {
      return [{ path, message: `is longer than the gateway tells apart: at most ${Math.floor(longestSeconds)}s` }];
    }
    const smaller = given[index - 1];
    if (smaller === undefined || latency[smaller]! <= time) return [];
    return [{ path, message: `is shorter than ${smaller}, which fewer requests have to reach` }];
  });
}

/** A percentage that was probably meant as a share; paths begin at the route. */
export function sloWarnings({ slo }: ObjectiveOfRoute): Problem[] {
  const { availability = 100 } = slo ?? {};
  if (availability > 1) return [];
  const message = `is a percentage: ${availability} lets nearly every request fail; write 99.9 for 999 of 1,000`;
  return [{ path: ['slo', 'availability'], message }];
}
