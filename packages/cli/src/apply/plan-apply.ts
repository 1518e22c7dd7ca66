import { isAnyMeasured } from '@sluice/model';
import type { DeploymentResource, ProblemResource } from '@sluice/model/api';
import type { ConfigProblem } from '@sluice/service';
import type { Arguments } from '../command/command.ts';
import { deploymentBody, measuredChanges } from '../deployments/measured-changes.ts';
import type { DeploymentBody, Trial } from '../deployments/measured-changes.ts';
import { bodyOf, located } from '../difference/compare-file.ts';
import type { Comparison, RightFile } from '../difference/compare-file.ts';
import { sortChanges } from '../difference/draw-difference.ts';
import { readPath } from '../file-configuration/read-path.ts';
import type { Connection } from '../remote/connect.ts';

/** What `sluice apply` would change. */
export interface ApplyPlan extends Comparison {
  /** The part of the file that goes live at once. */
  readonly atOnce: RightFile;
  /** How many entities stay although the file does not mention them. */
  readonly kept: number;
  readonly trials: readonly PlannedTrial[];
}

/** A deployment that would begin, or that is in progress already; undefined when it cannot be known before. */
export interface PlannedTrial extends Trial {
  readonly deployment?: DeploymentResource | undefined;
}

/** Works out what a file changes: at once, and by deployments. Rejects with a CommandFailure. */
export async function planApply(read: RightFile, args: Arguments, connection: Connection): Promise<ApplyPlan> {
  const { call } = connection;
  const prune = args.switches.has('prune');
  const { atOnce, trials } = await divided(withMeasured(read, args), connection);
  const request = { body: bodyOf(atOnce, prune), ...queryOf(args) };
  const preview = await call((client) => client.dryRun.applyConfiguration(request));
  const rest = prune ? preview : await call((client) => client.diffConfiguration({ body: bodyOf(atOnce, true) }));
  const kept = prune ? 0 : sortChanges(rest.changes).removed.length;
  const comparison = located(preview, atOnce);
  // A candidate may use a shared backend that is not there before the rest of the file is.
  const isKnown = !comparison.changes.some(({ entityType }) => entityType === 'backend');
  const previews = await Promise.all((isKnown ? trials : []).map((trial) => previewTrial(trial, args, connection)));
  const problems = previews.flatMap((trial) => placed(trial, read));
  return {
    ...comparison,
    problems: [...comparison.problems, ...problems],
    atOnce,
    kept,
    trials: isKnown ? previews : trials,
  };
}

/** The flags that every change takes. */
export function queryOf({ options: { reason }, switches }: Arguments) {
  return { query: { reason, ...(switches.has('emergency') && { emergency: true }) } };
}

/** The deployment of a trial, as it is asked for. */
export function bodyOfTrial(trial: Trial, { options: { reason }, switches }: Arguments): DeploymentBody {
  return deploymentBody(trial, reason, switches.has('emergency'));
}

/** `--measured` stands for the key "changes" of a file that does not have it. */
function withMeasured(read: RightFile, { switches }: Arguments): RightFile {
  const { usual, byRoute } = read.changes;
  const isAsked = switches.has('measured') && usual === 'direct';
  return isAsked ? { ...read, changes: { usual: 'measured', byRoute } } : read;
}

async function divided(
  read: RightFile,
  connection: Connection,
): Promise<{ readonly atOnce: RightFile; readonly trials: readonly Trial[] }> {
  if (!isAnyMeasured(read.changes)) return { atOnce: read, trials: [] };
  const { changes } = await connection.call((client) => client.diffConfiguration({ body: bodyOf(read, false) }));
  const { atOnce, trials, unmeasured } = await measuredChanges(read, changes, connection);
  const message =
    'matches other requests than before: it goes live at once, since two versions would get different requests';
  const warnings = unmeasured.map((routeId) => read.locate({ path: ['routes', placeOf(routeId, read)], message }));
  return { atOnce: { ...read, ...atOnce, warnings: [...read.warnings, ...warnings] }, trials };
}

interface PreviewedTrial extends PlannedTrial {
  readonly problems: readonly ProblemResource[];
}

async function previewTrial(trial: Trial, args: Arguments, { call }: Connection): Promise<PreviewedTrial> {
  if (trial.running !== undefined) return { ...trial, deployment: trial.running, problems: [] };
  const body = bodyOfTrial(trial, args);
  const { changes, problems } = await call((client) => client.dryRun.createDeployment({ body }));
  const deployment = changes.find(({ entityType }) => entityType === 'deployment')?.after;
  return { ...trial, problems, deployment: deployment as unknown as DeploymentResource | undefined };
}

/** The problems of a deployment, with their places in the file. */
function placed({ routes, problems }: PreviewedTrial, read: RightFile): ConfigProblem[] {
  return problems.map((problem) => {
    const [first, index, ...rest] = readPath(problem.path);
    const route = first === 'routes' && typeof index === 'number' ? routes[index] : undefined;
    if (route === undefined) return { ...problem, path: [] };
    const below = rest[0] === 'route' ? rest.slice(1) : rest;
    return read.locate({ message: problem.message, path: ['routes', placeOf(route.routeId, read), ...below] });
  });
}

function placeOf(routeId: string, { routes }: RightFile): number {
  return routes.findIndex((route) => route.routeId === routeId);
}
