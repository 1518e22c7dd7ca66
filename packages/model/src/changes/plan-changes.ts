/**
 * What a saved file comes to: a pure function of what serves, what the file says, and what was tried before.
 *
 *   the route is new, gone, off, or measured by nobody ─▶ at once     it matches other requests ─▶ at once, since
 *   two versions would get different requests     it does what serves already ─▶ nothing to measure
 *   otherwise ─▶ what serves stays, and the file's version is measured: once, until the file says something else
 */
import type { FileChanges } from '../config/changes-config.ts';
import { measuredSettings } from '../config/changes-config.ts';
import { matchFields } from '../config/route-config.ts';
import type { DeploymentSettings } from '../deployment/deployment-settings.ts';
import type { BackendDocument, RouteDocument } from '../documents/documents.ts';
import { sameContent } from '../documents/same-content.ts';
import { contentOf, ownBackends } from './content-of.ts';

/** Routes and shared backends, by their ids. Routes may have the split of a running deployment. */
export interface Documents {
  readonly routes: ReadonlyMap<string, RouteDocument>;
  readonly backends: ReadonlyMap<string, BackendDocument>;
}

/** The last trial of a route. It stands for the file until the file says something else of one of its routes. */
export type Trial = {
  readonly deploymentId: string;
  /** What was tried, as `digest` gives it. */
  readonly content: string;
};

/** What a plan is made from. */
export interface PlanInput {
  readonly live: Documents;
  readonly file: Documents;
  readonly changes: FileChanges;
  /** By the ids of their routes. */
  readonly trials: Readonly<Record<string, Trial>>;
  /** Shortens the content of a route; equal for equal content alone. */
  readonly digest: (content: string) => string;
}

/** A route whose change is measured. */
export interface MeasuredRoute {
  readonly routeId: string;
  /** What serves, and keeps serving until the end. It has no split. */
  readonly stable: RouteDocument;
  /** What the file says. */
  readonly candidate: RouteDocument;
  readonly content: string;
  readonly settings: DeploymentSettings;
}

/** What a saved file comes to. */
export interface ChangePlan {
  /** All that is to be there at once, in place of what is. */
  readonly routes: readonly RouteDocument[];
  readonly backends: readonly BackendDocument[];
  /** The routes that the file has in another version than the one that serves. */
  readonly measured: readonly MeasuredRoute[];
  /** Those of them that have not been tried in this version: their trial begins. */
  readonly begin: readonly MeasuredRoute[];
  /** The trials that the file has moved on from. */
  readonly end: readonly string[];
  /** Routes that are measured as a rule, but not this time, since they match other requests than before. */
  readonly unmeasured: readonly string[];
}

/** Works out what a saved file comes to. */
export function planChanges(input: PlanInput): ChangePlan {
  const { live, file } = input;
  const others = otherBackends(live, file);
  const routes: RouteDocument[] = [];
  const measured: MeasuredRoute[] = [];
  const unmeasured: string[] = [];
  for (const [routeId, document] of file.routes) {
    const kind = kindOf(routeId, document, { ...input, others });
    if (kind.is !== 'measured') {
      routes.push(document);
      if (kind.is === 'unmeasured') unmeasured.push(routeId);
      continue;
    }
    // A shared backend changes at once. The version that serves keeps the backend that it had.
    const stable = ownBackends(
      kind.stable,
      (id) => live.backends.get(id),
      (id) => others.has(id),
    );
    const { split } = live.routes.get(routeId)!;
    routes.push(split === undefined ? stable : { ...stable, split });
    measured.push({ routeId, stable, candidate: document, content: kind.content, settings: kind.settings });
  }
  const end = outdated(input.trials, measured);
  const begin = measured.filter(({ routeId }) => isUntried(input.trials, routeId, end));
  return { routes, backends: [...file.backends.values()], measured, begin, end: [...end], unmeasured };
}

type Kind =
  | { readonly is: 'atOnce' | 'unmeasured' }
  | {
      readonly is: 'measured';
      readonly stable: RouteDocument;
      readonly content: string;
      readonly settings: DeploymentSettings;
    };

function kindOf(
  routeId: string,
  document: RouteDocument,
  { live, file, changes, digest, others }: PlanInput & { readonly others: ReadonlySet<string> },
): Kind {
  const settings = measuredSettings(changes, routeId);
  const current = live.routes.get(routeId);
  if (settings === undefined || current === undefined) return { is: 'atOnce' };
  const { split: _split, ...stable } = current;
  const uses = (route: RouteDocument): boolean =>
    ownBackends(
      route,
      (id) => file.backends.get(id),
      (id) => others.has(id),
    ) !== route;
  if (sameContent(stable, document) && !uses(document)) return { is: 'atOnce' };
  const content = contentOf(document, (id) => file.backends.get(id));
  if (content === contentOf(stable, (id) => live.backends.get(id))) return { is: 'atOnce' };
  if (!stable.isEnabled || !document.isEnabled) return { is: 'atOnce' };
  // Its other fields may depend on what it matches: a path that is rewritten, for instance.
  if (!sameFields.every((field) => sameContent(stable[field], document[field]))) return { is: 'unmeasured' };
  return { is: 'measured', stable, content: digest(content), settings };
}

/** Both versions get the same requests, so they match the same. */
const sameFields = ['name', ...matchFields] as const;

/** The shared backends that are not what they were: changed, new, or gone. */
function otherBackends(live: Documents, file: Documents): ReadonlySet<string> {
  const ids = new Set([...live.backends.keys(), ...file.backends.keys()]);
  return new Set([...ids].filter((id) => !sameContent(live.backends.get(id), file.backends.get(id))));
}

/** A trial is over for the file as soon as the file says something else of one of its routes: they were tried together. */
function outdated(trials: PlanInput['trials'], measured: readonly MeasuredRoute[]): ReadonlySet<string> {
  const wanted = new Map(measured.map(({ routeId, content }) => [routeId, content]));
  return new Set(
    Object.entries(trials).flatMap(([routeId, { content, deploymentId }]) =>
      wanted.get(routeId) === content ? [] : [deploymentId],
    ),
  );
}

function isUntried(trials: PlanInput['trials'], routeId: string, end: ReadonlySet<string>): boolean {
  const trial = Object.hasOwn(trials, routeId) ? trials[routeId] : undefined;
  return trial === undefined || end.has(trial.deploymentId);
}
