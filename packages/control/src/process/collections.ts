import { accessCollections } from '../access/collections.ts';
import { clusterKeys } from '../bus/index.ts';
import { idempotencyKeys } from '../api/index.ts';
import { backends, head, revisionChanges, revisions, routes, routeVersions } from '../configuration/index.ts';
import { deliveryLine, deploymentEvents, deploymentRoutes, deployments } from '../deployment/index.ts';
import { fences, leases } from '../lock/index.ts';
import { notices } from '../notify/index.ts';
import { savedFiles } from '../saves/index.ts';
import type { Collection } from '../store/index.ts';
import { endedSpans } from '../trace/index.ts';

/** Every collection that the control plane keeps. */
export const allCollections: readonly Collection[] = [
  head,
  routes,
  backends,
  revisions,
  revisionChanges,
  routeVersions,
  ...accessCollections,
  idempotencyKeys,
  fences,
  leases,
  clusterKeys,
  deployments,
  deploymentEvents,
  deploymentRoutes,
  deliveryLine,
  notices,
  savedFiles,
  endedSpans,
];
