import { defineCollection } from '../store/index.ts';
import type { Body } from '../store/index.ts';
import type { Deployment } from './deployment.ts';

/** A deployment as it is kept: what it is found by, and all of it. */
export type DeploymentBody = {
  readonly status: string;
  /** Not ended yet, and holds its routes: a plain change never does. */
  readonly isOpen: boolean;
  readonly environment: string;
  /** The first of its routes. */
  readonly routeId: string;
  readonly strategy: string;
  readonly createdAt: string;
  /** When it ended; absent before. */
  readonly completedAt?: string | undefined;
  readonly deployment: Body;
};

/** The deployments, from the first on. */
export const deployments = defineCollection<DeploymentBody>('deployments', {
  status: 'text',
  isOpen: 'boolean',
  environment: 'text',
  routeId: 'text',
  strategy: 'text',
  createdAt: 'text',
  completedAt: 'text',
});

/** Which deployment brings a new version of a route: one document for each of its routes. */
export type DeploymentRouteBody = {
  readonly routeId: string;
  readonly deploymentId: string;
  readonly status: string;
  readonly environment: string;
  readonly createdAt: string;
};

/** By which deployments are found by any of their routes. */
export const deploymentRoutes = defineCollection<DeploymentRouteBody>('deployment_routes', {
  routeId: 'text',
  status: 'text',
  environment: 'text',
  createdAt: 'text',
});

/** Something that happened to a deployment, as it is kept. */
export type DeploymentEventBody = {
  readonly deploymentId: string;
  readonly sequence: number;
  readonly at: string;
  readonly kind: string;
  readonly event: Body;
};

/** What happened to deployments. */
export const deploymentEvents = defineCollection<DeploymentEventBody>('deployment_events', {
  deploymentId: 'text',
  sequence: 'number',
  at: 'text',
  kind: 'text',
});

/** One document, `line`: whether anything moves forward. */
export const deliveryLine = defineCollection<Body>('delivery_line', {});

/** Reads a deployment out of what is kept. */
export function deploymentIn(body: DeploymentBody): Deployment {
  return body.deployment as unknown as Deployment;
}
