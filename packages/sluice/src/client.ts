export { ApiError, createClient, UnreachableError } from '@sluice/control/client';
export type {
  Client,
  ClientCall,
  ClientOperationId,
  ClientOptions,
  ClientRequest,
  DeploymentMetrics,
  DeploymentNews,
  DeploymentResource,
  SessionOptions,
  Tokens,
  WatchOptions,
} from '@sluice/control/client';
