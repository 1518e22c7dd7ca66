import type { Json } from '../store/store.ts';
import type { NodeReport } from '../node/node-report.ts';

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
  return isReport ? (report as NodeReport) : undefined;
}
