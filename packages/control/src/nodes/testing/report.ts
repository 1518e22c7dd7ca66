import type { NodeReport } from '@sluice/model';

let sequence = 0;

/** A report of a node that is well, with a number of its own. */
export function nodeReport(changes: Partial<NodeReport> = {}): NodeReport {
  return {
    nodeId: 'a',
    instanceId: 'first',
    sequence: ++sequence,
    name: 'a',
    version: '0.1.0',
    role: 'gateway',
    startedAt: '2026-01-01T00:00:00.000Z',
    at: '2026-01-01T00:00:00.000Z',
    state: 'serving',
    source: 'control',
    revision: 1,
    lineage: 'first',
    load: { requestsPerSecond: 0, activeRequests: 0, activeConnections: 0, cpu: 0, memoryBytes: 0 },
    unhealthy: [],
    routes: [],
    backends: [],
    breakers: [],
    latencies: [],
    keyUses: [],
    splits: [],
    ...changes,
  };
}
