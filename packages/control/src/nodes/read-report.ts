import type { Json } from '../store/store.ts';
import type { VersionCounts } from '../deployment/version-counts.ts';
import type { NodeReport, NodeSplit } from '../node/node-report.ts';

const mostSplits = 512;
const mostProblems = 20;
const bucketCount = 248;

/** A report as another control process passed it on; undefined when it is none, as from another version. */
export function readReport(message: Json): NodeReport | undefined {
  const report = message as Partial<NodeReport> | null;
  if (typeof report !== 'object' || report === null) return undefined;
  const texts = [
    report.nodeId,
    report.instanceId,
    report.name,
    report.version,
    report.role,
    report.startedAt,
    report.at,
  ];
  const numbers = [report.sequence, report.revision, ...Object.values(report.load ?? { none: undefined })];
  const isReport =
    [...texts, report.state, report.source].every((value) => typeof value === 'string') &&
    numbers.every((value) => typeof value === 'number') &&
    Array.isArray(report.unhealthy) &&
    Array.isArray(report.routes);
  if (!isReport) return undefined;
  // A process of an earlier version passes on reports without it.
  return { ...(report as NodeReport), splits: readSplits(report.splits ?? []) };
}

/** Those that can be counted on; a bus is no place for more than nodes may report. */
function readSplits(splits: unknown): readonly NodeSplit[] {
  if (!Array.isArray(splits)) return [];
  return (splits as unknown[]).slice(0, mostSplits).filter(isSplit);
}

function isSplit(value: unknown): value is NodeSplit {
  const { deploymentId, routeId, epoch, stable, candidate, ready, problems } = (value ?? {}) as Partial<NodeSplit>;
  return (
    typeof deploymentId === 'string' &&
    typeof routeId === 'string' &&
    isCount(epoch) &&
    typeof ready === 'boolean' &&
    Array.isArray(problems) &&
    problems.length <= mostProblems &&
    problems.every((problem) => typeof problem === 'string') &&
    areCounts(stable) &&
    areCounts(candidate)
  );
}

function areCounts(value: unknown): boolean {
  const { requests, failures, clientErrors, aborted, rejected, latencies } = (value ?? {}) as Partial<VersionCounts>;
  return (
    [requests, failures, clientErrors, aborted, rejected].every(isCount) &&
    Array.isArray(latencies) &&
    latencies.length <= bucketCount &&
    latencies.every((pair) => Array.isArray(pair) && isCount(pair[0]) && pair[0] < bucketCount && isCount(pair[1]))
  );
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}
