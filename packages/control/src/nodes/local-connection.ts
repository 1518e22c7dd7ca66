import { randomUUID } from 'node:crypto';
import type { ControlConnection } from '@sluice/model';
import type { NodeHub } from './node-hub.ts';
import type { NodeRegistry } from './node-registry.ts';

/** Connects a node to control within one process. */
export function createLocalConnection(
  hub: Pick<NodeHub, 'changes'>,
  registry: Pick<NodeRegistry, 'record'>,
): ControlConnection {
  const key = randomUUID();
  return {
    changes: (request) => hub.changes(request),
    report(report) {
      registry.record(report, key);
      return Promise.resolve();
    },
    close: () => Promise.resolve(),
  };
}
