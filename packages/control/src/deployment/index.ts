export { createChangeGate } from './change-gate.ts';
export { deliveryLine, deploymentEvents, deploymentRoutes, deployments } from './collections.ts';
export type { DeploymentBody } from './collections.ts';
export { DeploymentStore } from './deployment-store.ts';
export { hasEnded } from './deployment.ts';
export type { Deployment, DeploymentPhase, DeploymentStatus } from './deployment.ts';
export type {
  ActionContext,
  Actor,
  DeploymentAction,
  DeploymentEvent,
  DeploymentQuery,
  Deployments,
  LineState,
  RequestedDeployment,
  RequestedRoute,
} from './deployments.ts';
export { ForbiddenActionError } from './errors.ts';
export { figuresOnly } from './observation.ts';
export { pruneDeployments } from './prune-deployments.ts';
export { startRunner } from './runner.ts';
export type { Runner } from './runner.ts';
export { createDeployments } from './stored-deployments.ts';
export type { SideFigures, Verdict } from './judge/verdict.ts';
