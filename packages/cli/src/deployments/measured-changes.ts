import { encodeDeploymentSettings, planChanges } from '@sluice/model';
import type { BackendDocument, FileChanges, MeasuredRoute, RouteDocument } from '@sluice/model';
import type { DeploymentResource } from '@sluice/model/api';
import type { Connection } from '../remote/connect.ts';
import { isDeepStrictEqual } from 'node:util';
import { openDeployments } from './find-deployment.ts';

/** The routes and backends of a file, and which of its changes are measured. */
export interface MeasuredFile {
  readonly routes: readonly RouteDocument[];
  readonly backends: readonly BackendDocument[];
  readonly changes: FileChanges;
}

/** One difference between what serves and a file. */
interface Difference {
  readonly entityType: string;
  readonly entityId: string;
  readonly before?: unknown;
}

/** A deployment of what a file changes. */
export interface Trial {
  readonly routes: readonly MeasuredRoute[];
  /** It is in progress already, begun by an earlier run. */
  readonly running?: DeploymentResource;
}

/** What a file comes to: all that goes live at once, and the deployments of the rest. */
export interface MeasuredChanges {
  readonly atOnce: Pick<MeasuredFile, 'routes' | 'backends'>;
  readonly trials: readonly Trial[];
  /** Routes that are measured as a rule, but go live at once, since they match other requests than before. */
  readonly unmeasured: readonly string[];
}

/** The body of a request that begins a deployment. */
export type DeploymentBody = Parameters<
  Parameters<Parameters<Connection['call']>[0]>[0]['createDeployment']
>[0]['body'];

/** Divides what a file changes. Deployments that bring in the same already are joined. Rejects with a CommandFailure. */
export async function measuredChanges(
  file: MeasuredFile,
  differences: readonly Difference[],
  connection: Connection,
): Promise<MeasuredChanges> {
  const documents = { routes: byId(file.routes, 'routeId'), backends: byId(file.backends, 'backendId') };
  const live = {
    routes: before(documents.routes, differences, 'route'),
    backends: before(documents.backends, differences, 'backend'),
  };
  const digest = (content: string): string => content;
  const plan = planChanges({ live, file: documents, changes: file.changes, trials: {}, digest });
  const { backends, unmeasured } = plan;
  // The split of a deployment in progress is the control plane's own.
  const routes = plan.routes.map(({ split: _split, ...route }) => route);
  return { atOnce: { routes, backends }, trials: await trialsOf(plan.measured, connection), unmeasured };
}

/** The deployment of a trial, as it is asked for. */
export function deploymentBody({ routes }: Trial, reason: string | undefined, isEmergency: boolean): DeploymentBody {
  const wanted = routes.map(({ routeId, candidate }) => ({ routeId, route: candidate }));
  const { settings } = routes[0];
  // Routes and settings were read by the same schemas that the type of the body is made from.
  return {
    ...(JSON.parse(JSON.stringify(encodeDeploymentSettings(settings))) as object),
    routes: wanted,
    ...(reason !== undefined && { reason }),
    ...(isEmergency && { emergency: true }),
  } as unknown as DeploymentBody;
}

function byId<K extends string, D extends Readonly<Record<K, string>>>(
  documents: readonly D[],
  key: K,
): ReadonlyMap<string, D> {
  return new Map(documents.map((document) => [document[key], document]));
}

/** What serves: what the file says, but for what differs. */
function before<D>(
  documents: ReadonlyMap<string, D>,
  differences: readonly Difference[],
  kind: string,
): ReadonlyMap<string, D> {
  const live = new Map(documents);
  for (const { entityType, entityId, before: document } of differences) {
    if (entityType !== kind) continue;
    if (document === undefined) live.delete(entityId);
    // The control plane answers with whole documents, by the same schema.
    else live.set(entityId, document as D);
  }
  return live;
}

/** One deployment for all routes that are measured alike in one environment, and those that are in progress already. */
async function trialsOf(measured: readonly MeasuredRoute[], connection: Connection): Promise<readonly Trial[]> {
  if (measured.length === 0) return [];
  const running = await runningWith(measured, connection);
  const joined = new Set(running.flatMap(({ routes }) => routes.map(({ routeId }) => routeId)));
  const left = measured.filter(({ routeId }) => !joined.has(routeId));
  const groups = Map.groupBy(left, ({ settings, candidate }) => JSON.stringify([settings, candidate.environment]));
  return [...running, ...[...groups.values()].map((routes) => ({ routes }))];
}

/** The deployments in progress that bring in what the file says of all their routes. */
async function runningWith(measured: readonly MeasuredRoute[], connection: Connection): Promise<Trial[]> {
  const wanted = new Map(measured.map((route) => [route.routeId, route]));
  const trials: Trial[] = [];
  for (const running of await openDeployments(connection)) {
    if (!running.routes.every(({ routeId }) => wanted.has(routeId))) continue;
    const { deploymentId } = running;
    const whole = await connection.call((client) => client.getDeployment({ params: { deploymentId } }));
    const isSame = whole.routes.every(({ routeId, candidate }) =>
      isDeepStrictEqual(candidate, JSON.parse(JSON.stringify(wanted.get(routeId)!.candidate))),
    );
    if (isSame) trials.push({ running, routes: whole.routes.map(({ routeId }) => wanted.get(routeId)!) });
  }
  return trials;
}
