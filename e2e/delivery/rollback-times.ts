import type { DeploymentResource } from '@sluice/model/api';
import type { RouteAnswer, RouteLoad } from './route-load.ts';

/** What users saw of a candidate that was rolled back. */
export interface RollbackTimes {
  /** Answers with 500. */
  readonly badAnswers: number;
  /** From the first bad answer to the last one, in milliseconds; 0 when there were none. */
  readonly firstToLastBad: number;
  /** From the decision to the last answer of the candidate on each node, in milliseconds; 0 when there was none after it. */
  readonly decisionToLast: readonly number[];
  /** Answers of the candidate after the decision, on all nodes. */
  readonly afterDecision: number;
}

/** Measures the answers of all nodes, one load each, against the moment at which it was decided. */
export function rollbackTimes(
  loads: readonly Pick<RouteLoad, 'answers'>[],
  { rolledBackAt = '' }: Pick<DeploymentResource, 'rolledBackAt'>,
): RollbackTimes {
  const decidedAt = Date.parse(rolledBackAt) - performance.timeOrigin;
  const bad = loads.flatMap(({ answers }) => answers.filter(({ status }) => status >= 500)).map(answeredAt);
  const late = loads.map(({ answers }) =>
    answers.filter((one) => one.version === 'candidate' && one.answeredAt > decidedAt),
  );
  return {
    badAnswers: bad.length,
    firstToLastBad: bad.length === 0 ? 0 : Math.max(...bad) - Math.min(...bad),
    decisionToLast: late.map((answers) => Math.max(0, ...answers.map((one) => answeredAt(one) - decidedAt))),
    afterDecision: late.flat().length,
  };
}

/** The same as a sentence. */
export function rollbackText(what: string, times: RollbackTimes): string {
  const { badAnswers, firstToLastBad, decisionToLast, afterDecision } = times;
  const nodes = decisionToLast.map((ms) => `${ms.toFixed(0)} ms`).join(', ');
  return (
    `${what}: ${badAnswers} bad answers within ${(firstToLastBad / 1000).toFixed(2)} s; ` +
    `from the decision to the last answer of the candidate: ${nodes} (${afterDecision} answers)`
  );
}

function answeredAt({ answeredAt: at }: RouteAnswer): number {
  return at;
}
