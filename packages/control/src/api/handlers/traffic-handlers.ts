import type { Explanation } from '@sluice/model';
import type { OperationId } from '@sluice/model/api';
import type { OwnGateway } from '../../nodes/index.ts';
import type { Call, Handlers } from '../call.ts';
import { Refusal } from '../refusal.ts';
import { busyNow, latencyFigures, loadFigures } from '../present-figures.ts';
import type { Services } from '../services.ts';
import type { RequestFollowers } from '../watch/request-followers.ts';

type Ids = Extract<OperationId, 'explainRequest' | 'followRequests' | 'getTraffic'>;

/** What happens to requests at the gateway of this process. */
export function trafficHandlers(services: Services, followers: RequestFollowers): Handlers<Ids> {
  const { ownGateway, configuration, registry, clock } = services;
  return {
    async getTraffic({ query: { limit } }) {
      await configuration.refresh();
      const { revision, lineage } = configuration;
      return {
        body: {
          timestamp: new Date(clock()).toISOString(),
          revision,
          nodes: registry.nodes(revision, lineage).filter(({ live }) => live).length,
          load: loadFigures(registry),
          latency: latencyFigures(registry),
          ...busyNow(configuration, registry, limit),
        },
      };
    },
    async explainRequest({ body }, call) {
      const question = { ...body, clientAddress: body.clientAddress ?? call.address };
      const explanation = await gatewayOf(ownGateway).explain(question);
      return { body: forReader(explanation, call) };
    },
    followRequests: ({ query }, call) => ({ stream: followers.follow(gatewayOf(ownGateway), query, call) }),
  };
}

/** Throws a Refusal when there is none. */
function gatewayOf(ownGateway: Services['ownGateway']): OwnGateway {
  if (ownGateway === undefined) {
    throw new Refusal('CONFLICT', {
      message: 'This control process has no gateway of its own: ask a process of role all that runs the same routes.',
    });
  }
  const gateway = ownGateway();
  if (gateway !== undefined) return gateway;
  throw new Refusal('SERVICE_UNAVAILABLE', {
    message: 'The gateway of this process is not running yet.',
    headers: { 'retry-after': '1' },
  });
}

/** Consumers are for Admins: others learn that somebody is known, and not who. */
function forReader({ caller, ...explanation }: Explanation, { principal }: Call): Explanation {
  if (caller === undefined) return explanation;
  return { ...explanation, caller: principal?.role === 'Admin' ? caller : { method: caller.method } };
}
