import { defineCollection } from '../store/index.ts';
import type { Body } from '../store/index.ts';

/** A stored deployment: the fields that it is found by, and its document. */
export type DeploymentBody = {
  readonly status: string;
  /** It has not ended, and holds its routes. A plain change never holds any. */
  readonly isOpen: boolean;
  readonly environment: string;
  /** The first of its routes. */
  readonly routeId: string;
  readonly strategy: string;
  readonly createdAt: string;
  readonly completedAt?: string | undefined;
  readonly deployment: Body;
};

export const deployments = defineCollection<DeploymentBody>('deployments', {
  status: 'text',
  isOpen: 'boolean',
  environment: 'text',
  routeId: 'text',
  strategy: 'text',
  createdAt: 'text',
  completedAt: 'text',
});

/** One route of a deployment. */
export type DeploymentRouteBody = {
  readonly routeId: string;
  readonly deploymentId: string;
  readonly status: string;
  readonly environment: string;
  readonly createdAt: string;
};

/** Deployments by route: one entry for each route of each deployment. */
export const deploymentRoutes = defineCollection<DeploymentRouteBody>('deployment_routes', {
  routeId: 'text',
  status: 'text',
  environment: 'text',
  createdAt: 'text',
});

/** A stored event of a deployment. */
export type DeploymentEventBody = {
  readonly deploymentId: string;
  readonly sequence: number;
  readonly at: string;
  readonly kind: string;
  readonly event: Body;
};

export const deploymentEvents = defineCollection<DeploymentEventBody>('deployment_events', {
  deploymentId: 'text',
  sequence: 'number',
  at: 'text',
  kind: 'text',
});

/** One document, `line`: whether the line is stopped. */
export const deliveryLine = defineCollection<Body>('delivery_line', {});
