import type { OperationId } from '@sluice/model/api';
import { messageOf } from '@sluice/service';
import { createHash } from 'node:crypto';
import { nodeKeyHeader } from '@sluice/model';
import type { Handlers } from '../call.ts';
import { Refusal } from '../refusal.ts';
import { pageOf } from '../page-of.ts';
import { refuseOther } from '../read-document.ts';
import type { Services } from '../services.ts';

type Ids = Extract<OperationId, 'listNodes' | `node${string}`>;

/** The list of nodes for people, and the operations that nodes themselves use. */
export function nodeHandlers({ configuration, registry, hub, feed, access, log }: Services): Handlers<Ids> {
  return {
    async listNodes({ query }) {
      await configuration.refresh();
      const { revision, lineage } = configuration;
      const all = registry.nodes(revision, lineage);
      const matching = all.filter(({ live }) => query.live === undefined || live === query.live);
      const { items: nodes, ...page } = pageOf(matching, query);
      return { body: { revision, converged: registry.converged(revision, lineage), nodes, ...page } };
    },
    async nodeChanges({ params, query }, { signal }) {
      const { wait: waitMs, ...position } = query;
      const changes = await hub.changes({ nodeId: params.nodeId, ...position, waitMs, signal });
      return { body: changes as never };
    },
    async nodeConsumers({ params, query }, { signal }) {
      const { wait: waitMs, ...position } = query;
      return { body: (await feed.consumers({ nodeId: params.nodeId, ...position, waitMs, signal })) as never };
    },
    async nodeConsumerPage({ params, query }) {
      return { body: (await feed.consumerPage(params.nodeId, query.from)) as never };
    },
    nodeReport({ params, body }, { headers }) {
      refuseOther(['nodeId'], body.nodeId, params.nodeId);
      const key = headers.get(nodeKeyHeader);
      if (!registry.record(body, key === null ? undefined : hashOf(key))) throw nameTaken(params.nodeId);
      void access.consumers.noteUses(body.keyUses).catch((error: unknown) => {
        log.warn('the last uses of keys could not be stored', { reason: messageOf(error) });
      });
      return {};
    },
  };
}

function nameTaken(nodeId: string): Refusal {
  return new Refusal('CONFLICT', {
    message: `Another process has reported as ${nodeId} within the last 15 s: give each node its own node.name.`,
  });
}

/** Other control processes learn the hash only, so that they cannot report under the name. */
function hashOf(key: string): string {
  return createHash('sha256').update(key).digest('base64url');
}
