import { randomUUID } from 'node:crypto';
import type { ControlConnection } from '@sluice/model';
import type { NodeHub } from './node-hub.ts';
import type { NodeRegistry } from './node-registry.ts';

/** The connection of the node in the process of a control plane. */
export interface LocalConnection extends ControlConnection {
  /** The id of that node, once it has reported. */
  nodeId(): string | undefined;
}

/** Connects a node to control within one process. */
export function createLocalConnection(
  hub: Pick<NodeHub, 'changes'>,
  registry: Pick<NodeRegistry, 'record'>,
): LocalConnection {
  const key = randomUUID();
  let nodeId: string | undefined;
  return {
    nodeId: () => nodeId,
    changes: (request) => hub.changes(request),
    report(report) {
      ({ nodeId } = report);
      registry.record(report, key);
      return Promise.resolve();
    },
    close: () => Promise.resolve(),
  };
}
