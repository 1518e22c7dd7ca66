export type { ChangePreview, ChangeResource, ProblemResource } from '@sluice/model/api';
export type { Client, ClientOptions } from './client.ts';
export { createClient } from './client.ts';
export { ApiError, UnreachableError } from './client-error.ts';
export type { DeploymentMetrics, DeploymentNews, DeploymentResource, DeploymentWithRoutes } from '@sluice/model/api';
export type { RequestNews } from './follow-requests.ts';
export type { WatchOptions } from './watch-deployment.ts';
export type { SessionOptions, Tokens } from './client-session.ts';
export type { ClientCall, ClientCalls, ClientDryRuns, ClientOperationId, ClientRequest } from './client-types.ts';
