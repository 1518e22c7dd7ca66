import type { Explanation } from '@sluice/model';
import type { OwnGateway } from '../../nodes/index.ts';

/** A gateway that has no routes, and says who sends a request. */
export const ownGateway: OwnGateway = {
  explain({ method, clientAddress }) {
    const request = { method, host: 'shop.example', path: '/', scheme: 'http', clientAddress } as const;
    const explanation: Explanation = {
      revision: 1,
      request,
      routes: [],
      moreRoutes: false,
      caller: { method: 'apiKey', consumerId: 'shop', tier: 'gold', scopes: ['orders:read'], roles: [] },
      policies: [],
      backends: [],
      candidates: [],
      outcome: { kind: 'answered', status: 404, code: 'NOT_FOUND', explanation: 'no route takes the request' },
    };
    return Promise.resolve(explanation);
  },
  follow: () => () => {},
};
