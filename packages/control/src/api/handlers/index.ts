import type { Handlers } from '../call.ts';
import type { Services } from '../services.ts';
import { apiKeyHandlers } from './api-key-handlers.ts';
import { auditHandlers } from './audit-handlers.ts';
import { authenticationHandlers } from './authentication-handlers.ts';
import { backendHandlers } from './backend-handlers.ts';
import { configurationHandlers } from './configuration-handlers.ts';
import { consumerHandlers } from './consumer-handlers.ts';
import type { DeploymentWatchers } from '../watch/deployment-watchers.ts';
import type { RequestFollowers } from '../watch/request-followers.ts';
import { deliveryHandlers } from './delivery-handlers.ts';
import { deploymentHandlers } from './deployment-handlers.ts';
import { healthHandlers } from './health-handlers.ts';
import { loggingHandlers } from './logging-handlers.ts';
import { nodeHandlers } from './node-handlers.ts';
import { oidcHandlers } from './oidc-handlers.ts';
import { routeHandlers } from './route-handlers.ts';
import { trafficHandlers } from './traffic-handlers.ts';
import { userHandlers } from './user-handlers.ts';

/** What answers with event streams. */
export interface Streams {
  readonly watchers: DeploymentWatchers;
  readonly followers: RequestFollowers;
}

/** The handlers of all operations. */
export function allHandlers(services: Services, { watchers, followers }: Streams): Handlers {
  return {
    ...authenticationHandlers(services),
    ...oidcHandlers(services),
    ...routeHandlers(services),
    ...backendHandlers(services),
    ...deploymentHandlers(services, watchers),
    ...deliveryHandlers(services),
    ...configurationHandlers(services),
    ...nodeHandlers(services),
    ...trafficHandlers(services, followers),
    ...loggingHandlers(services),
    ...healthHandlers(services),
    ...auditHandlers(services),
    ...userHandlers(services),
    ...apiKeyHandlers(services),
    ...consumerHandlers(services),
  };
}
