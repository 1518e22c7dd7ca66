import { z } from 'zod';
import { requestFilter } from '../node/followed-request.ts';
import { explainInput, explanation } from '../node/explanation.ts';
import { roles } from '../config/roles.ts';
import { defineOperations } from './operation.ts';
import { trafficResource } from './traffic-resource.ts';

/**
 * What happens to requests. It shows client addresses and consumers, and what credentials are worth, so it is for those who
 * run the gateway and not for Viewers.
 */
const operate = { tag: 'traffic', auth: 'user', roles: ['Admin', 'Operator'], scope: 'traffic:read' } as const;

/** Requests, as the gateway of this process sees them. */
export const trafficOperations = defineOperations({
  explainRequest: {
    ...operate,
    method: 'POST',
    path: '/gateway/explain',
    summary: 'Say what would happen to a request, and why',
    description:
      'Nothing is sent, nothing is counted, and no helper is asked. Passwords are not checked. The gateway of this process answers; one without a gateway answers 409.',
    // Each tells whether an API key is good: few enough that nobody finds one by trying.
    limit: { group: 'traffic:explain', perMinute: 30 },
    body: { schema: explainInput },
    answer: { status: 200, description: 'What would happen.', schema: explanation },
    errors: ['CONFLICT'],
  },
  getTraffic: {
    method: 'GET',
    path: '/gateway/traffic',
    tag: 'traffic',
    summary: 'Read which routes and backends are busy now',
    description: 'Of all nodes together, from their reports: rates are moving averages over about 10 s.',
    auth: 'user',
    roles,
    scope: 'metrics:read',
    limit: { group: 'traffic:read', perMinute: 60 },
    query: z.strictObject({
      limit: z.int().min(1).max(100).default(20).describe('Most routes, and most backends.'),
    }),
    answer: { status: 200, description: 'The busiest routes and backends.', schema: trafficResource },
  },
  followRequests: {
    ...operate,
    method: 'GET',
    path: '/gateway/requests',
    summary: 'Follow requests as they end',
    description:
      'Server-sent events: first `following`; then `request`, each as the access log has it in JSON, whether or not that log is on; and `dropped` with a count of requests that were too many to tell of. Entries are made only while somebody follows. The gateway of this process tells; one without a gateway answers 409.',
    limit: { group: 'traffic:follow', perMinute: 30 },
    query: requestFilter,
    answer: { status: 200, description: 'Requests as they end.', isEventStream: true },
    errors: ['CONFLICT'],
  },
});
