import type { DeploymentsConfig, DeploymentSettings, Problem, RouteDocument, Unchecked } from '@sluice/model';
import { isDeepStrictEqual } from 'node:util';
import { ConfigurationConflictError, NotFoundError, ValidationError, withoutSplit } from '../configuration/index.ts';
import type { Author, Configuration, RouteVersions } from '../configuration/index.ts';
import type { DeployedRoute } from './deployment.ts';
import { environmentOfChange } from './environment.ts';
import type { EnvironmentConfig } from './environment.ts';
import { candidateProblems, fileProblems, settingsProblems } from './request-problems.ts';

/** One route of a deployment that is requested: a stored version by its name, or the whole route. */
export interface RequestedRoute {
  readonly routeId: string;
  readonly configVersion?: string | undefined;
  readonly route?: Unchecked<RouteDocument> | undefined;
}

/** A deployment that is requested. */
export interface RequestedDeployment {
  readonly routes: readonly RequestedRoute[];
  readonly settings: DeploymentSettings;
}

export interface CandidateReader {
  readonly configuration: Configuration;
  readonly versions: RouteVersions;
  readonly config: EnvironmentConfig & Pick<DeploymentsConfig, 'prometheus'>;
}

/** The candidates of a deployment, and the environment of their routes. */
export interface ReadCandidates {
  readonly routes: readonly Candidate[];
  readonly environment: string;
}

/**
 * Reads the candidates of a deployment that is requested, and checks them against the whole configuration. Rejects with a
 * ValidationError that lists every problem, a NotFoundError, or a ConfigurationConflictError when nothing differs.
 */
export async function readCandidates(
  { routes, settings }: RequestedDeployment,
  author: Author,
  reader: CandidateReader,
): Promise<ReadCandidates> {
  const problems: Problem[] = [...settingsProblems(settings, reader.config), ...duplicates(routes)];
  const read: Candidate[] = [];
  for (const [index, route] of routes.entries()) {
    const below = routes.length === 1 ? ['route'] : ['routes', index, 'route'];
    const outcome = await readCandidate(route, { author, settings, reader });
    if (outcome.ok) read.push(outcome.route);
    else problems.push(...outcome.problems.map((problem) => ({ ...problem, path: [...below, ...problem.path] })));
  }
  if (problems.length > 0) throw new ValidationError(problems);
  const changed = read.filter(({ candidate, stable }) => !isDeepStrictEqual(candidate, stable));
  if (changed.length === 0) {
    throw new ConfigurationConflictError('nothing to deploy: the routes are already as requested');
  }
  // Together as well: two of them may have the same name.
  const whole = changed.map(({ routeId, candidate }) => ({ routeId, document: candidate }));
  const together = await reader.configuration.deploy(() => whole, { author, dryRun: true });
  if (together.problems.length > 0) throw new ValidationError(together.problems);
  const environment = environmentOfAll(changed, settings, reader);
  return { routes: changed, environment };
}

/** The environment of the routes follows from the configuration. The request may only repeat it. */
function environmentOfAll(
  changed: readonly Candidate[],
  settings: DeploymentSettings,
  { configuration, config }: CandidateReader,
): string {
  const routes = (): RouteDocument[] => configuration.routes().map(({ document }) => document);
  const environments = changed.map(({ routeId, candidate, stable }) => {
    const change = { entityId: routeId, after: candidate, ...(stable && { before: stable }) };
    return { routeId, environment: environmentOfChange(change, routes, config) };
  });
  const [{ routeId, environment }, ...others] = environments;
  const elsewhere = others.find((one) => one.environment !== environment);
  if (elsewhere !== undefined) {
    const parts = `${routeId} is part of ${environment}, ${elsewhere.routeId} of ${elsewhere.environment}`;
    throw new ConfigurationConflictError(`${parts}: deploy them one after the other`);
  }
  const wanted = settings.environment;
  if (wanted !== undefined && wanted.toLowerCase() !== environment.toLowerCase()) {
    const message = `route ${routeId} is part of ${environment}, according to the configuration: leave this out, or write ${environment}`;
    throw new ValidationError([{ path: ['environment'], message }]);
  }
  return environment;
}

/** A candidate, and the stable version beside it. */
type Candidate = DeployedRoute & { readonly stable: RouteDocument | undefined };

type ReadCandidate =
  | { readonly ok: true; readonly route: Candidate }
  | { readonly ok: false; readonly problems: readonly Problem[] };

async function readCandidate(
  requested: RequestedRoute,
  { author, settings, reader }: { author: Author; settings: DeploymentSettings; reader: CandidateReader },
): Promise<ReadCandidate> {
  const { configuration } = reader;
  const { routeId } = requested;
  const document = await documentOf(requested, reader);
  if (!document.ok) return document;
  const current = configuration.route(routeId)?.document;
  const stable = current && withoutSplit(current);
  const wanted = { routeId, document: document.document };
  const { problems, changes } = await configuration.deploy(() => [wanted], { author, dryRun: true });
  if (problems.length > 0) return { ok: false, problems };
  // The form in which it would be stored; nothing in the list when it is stored already.
  const stored = changes[0]?.entityType === 'route' ? changes[0].after : current;
  if (stored === undefined) throw new Error(`route ${routeId} has no candidate`);
  const candidate = withoutSplit(stored);
  const mismatches = [...candidateProblems(candidate, stable, settings), ...fileProblems(candidate)];
  if (mismatches.length > 0) return { ok: false, problems: mismatches };
  const configVersion = requested.configVersion ?? candidate.version;
  const stableVersion = stable?.version;
  return { ok: true, route: { routeId, configVersion, candidate, ...(stable && { stableVersion }), stable } };
}

async function documentOf(
  { routeId, configVersion, route }: RequestedRoute,
  { configuration, versions }: CandidateReader,
): Promise<{ readonly ok: true; readonly document: Unchecked<RouteDocument> } | Extract<ReadCandidate, { ok: false }>> {
  if (route !== undefined) {
    const written = route.routeId ?? routeId;
    if (written === routeId) return { ok: true, document: { ...route, routeId } };
    return { ok: false, problems: [{ path: ['routeId'], message: `is not ${routeId}, the route of the deployment` }] };
  }
  if (configVersion === undefined) {
    const message = 'say what to deploy: configVersion names a stored version, route contains the whole route';
    return { ok: false, problems: [{ path: [], message }] };
  }
  if (configuration.route(routeId) === undefined) throw new NotFoundError(`there is no route ${routeId}`);
  return { ok: true, document: (await versions.get(routeId, configVersion)).document };
}

function duplicates(routes: readonly RequestedRoute[]): Problem[] {
  return routes.flatMap(({ routeId }, index) =>
    routes.findIndex((other) => other.routeId === routeId) === index
      ? []
      : [{ path: ['routes', index, 'routeId'], message: 'is in the list already' }],
  );
}
