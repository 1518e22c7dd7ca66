import type { MeasuredRoute, Trial } from '@sluice/model';
import { environmentOf, findDeployment } from '../deployment/index.ts';
import type { DeploymentOfFile, Deployments } from '../deployment/index.ts';
import { digest } from './digest.ts';

/** A deployment that is to begin, and what is noted of its routes. */
export interface NewTrial extends DeploymentOfFile {
  readonly trials: Readonly<Record<string, Trial>>;
}

export interface TrialContext {
  readonly deployments: Pick<Deployments, 'get'>;
  /** The environment of a route that names none. */
  readonly environment: string;
  readonly file: string;
}

/** How many routes one deployment has at most. */
const mostRoutes = 100;
/** How many characters of a route's id the id of a deployment begins with. */
const longestPrefix = 40;

/**
 * The deployments of what a save changed: one for all routes, so that the save goes live or is taken back as a whole. Routes
 * that are measured in another way, or belong to another environment, have their own.
 */
export async function trialsOf(begin: readonly MeasuredRoute[], context: TrialContext): Promise<readonly NewTrial[]> {
  const groups = Map.groupBy(begin, ({ settings, candidate }) =>
    JSON.stringify([settings, environmentOf(candidate, context)]),
  );
  const trials: NewTrial[] = [];
  for (const group of [...groups.values()].flatMap((routes) => inParts(routes))) {
    trials.push(await trialOf(group, context));
  }
  return trials;
}

async function trialOf(routes: readonly MeasuredRoute[], context: TrialContext): Promise<NewTrial> {
  const [{ settings, candidate }] = routes;
  const deploymentId = await freeId(routes, context.deployments);
  return {
    deploymentId,
    settings: { ...settings, reason: `saved in ${context.file}` },
    environment: environmentOf(candidate, context),
    routes: routes.map((one) => ({
      routeId: one.routeId,
      configVersion: one.candidate.version,
      stableVersion: one.stable.version,
      candidate: one.candidate,
      stable: one.stable,
    })),
    trials: Object.fromEntries(routes.map(({ routeId, content }) => [routeId, { deploymentId, content }])),
  };
}

/**
 * An id that follows from what is tried. Nodes with stores of their own give the same save the same id, and users are
 * divided by it: so a user meets the same version on every node.
 */
async function freeId(routes: readonly MeasuredRoute[], deployments: TrialContext['deployments']): Promise<string> {
  const [{ routeId }] = routes;
  const contents = routes.map(({ content }) => content).join();
  for (let attempt = 1; ; attempt++) {
    const unique = Buffer.from(digest(`${attempt} ${contents}`), 'base64url')
      .toString('hex')
      .slice(0, 10);
    const deploymentId = `${routeId.slice(0, longestPrefix)}-${unique}`;
    if ((await findDeployment(deployments, deploymentId)) === undefined) return deploymentId;
  }
}

function inParts<T>(items: readonly T[]): (readonly T[])[] {
  const count = Math.ceil(items.length / mostRoutes);
  return Array.from({ length: count }, (_, part) => items.slice(part * mostRoutes, (part + 1) * mostRoutes));
}
