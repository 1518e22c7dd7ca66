import type { RouteDocument, SplitDocument } from '@sluice/model';
import type { RouteResource } from '@sluice/model/api';
import type { Entity } from '../configuration/index.ts';
import { findDeployment } from '../deployment/index.ts';
import type { Deployments } from '../deployment/index.ts';

type Split = NonNullable<RouteResource['split']>;

/** How the traffic of routes is divided now, by the id of the route; only of those that a deployment is changing. */
export async function splitsOf(
  deployments: Pick<Deployments, 'get'>,
  routes: readonly Entity<'route'>[],
): Promise<ReadonlyMap<string, Split>> {
  const divided = routes.flatMap(({ id, document: { split } }) => (split === undefined ? [] : [{ id, split }]));
  const found = divided.map(async ({ id, split }) => [id, await presentSplit(deployments, id, split)] as const);
  return new Map(await Promise.all(found));
}

async function presentSplit(
  deployments: Pick<Deployments, 'get'>,
  routeId: string,
  { deploymentId, percentage, candidate }: SplitDocument,
): Promise<Split> {
  const configVersion = await versionIn(deployments, deploymentId, routeId);
  return { deploymentId, percentage, configVersion: configVersion ?? candidate.version };
}

/** The name under which the deployment knows the version; undefined when it is not kept. */
async function versionIn(
  deployments: Pick<Deployments, 'get'>,
  deploymentId: string,
  routeId: string,
): Promise<string | undefined> {
  const deployment = await findDeployment(deployments, deploymentId);
  return deployment?.routes.find((route) => route.routeId === routeId)?.configVersion;
}

/** A document as changes tell of it: the whole candidate, and what nodes try it out with, stay inside. */
export function withShortSplit({ split, ...document }: RouteDocument) {
  if (split === undefined) return document;
  const { deploymentId, epoch, percentage } = split;
  return { ...document, split: { deploymentId, epoch, percentage } };
}
