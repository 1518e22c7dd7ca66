export type { ChangePreview, ChangeResource, ProblemResource } from './change-resource.ts';
export type { BackendResource } from './backend-resource.ts';
export type { DeliveryFiguresResource, DeliveryLineResource } from './delivery-resource.ts';
export type { DeploymentEventResource, DeploymentNews } from './deployment-event-resource.ts';
export type { DeploymentMetrics, DeploymentResource, DeploymentWithRoutes } from './deployment-resource.ts';
export type { VerdictResource, VersionFigures } from './verdict-resource.ts';
export type { ErrorResource } from './error-resource.ts';
export type { LoginResource } from './authentication-resource.ts';
export type { NodeResource } from './node-resource.ts';
export { idempotencyKeyPattern, ifMatchPattern, lastEventIdPattern } from './open-api-headers.ts';
export { deepestInput, inputLimitOf } from './input-limits.ts';
export type { InputLimit } from './input-limits.ts';
export { openApiDocument } from './open-api-document.ts';
export { operationExamples } from './operation-examples.ts';
export type { OperationExample } from './operation-examples.ts';
export { errorsOf } from './operation-errors.ts';
export type {
  Answer,
  BodyInput,
  CheckedInput,
  DryRunAnswer,
  DryRunId,
  ParamsInput,
  QueryInput,
} from './operation-types.ts';
export type { Operation, OperationAnswer, OperationBody } from './operation.ts';
export type { OperationLimit } from './operation-limit.ts';
export { perMinuteOf } from './operation-limit.ts';
export type { OperationId, Operations } from './operations.ts';
export { apiBase, operationList, operations } from './operations.ts';
export type { RequestResult } from './request-problems.ts';
export { readRequest } from './request-problems.ts';
export type { RevisionResource } from './revision-resource.ts';
export { readOnlyFields } from './read-only-fields.ts';
export type { RouteResource, RouteStatistics, RouteVersionResource } from './route-resource.ts';
export type { UserResource } from './user-resource.ts';
