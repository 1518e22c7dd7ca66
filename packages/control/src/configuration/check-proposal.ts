import { firstProblems, ProblemList, sameContent } from '@sluice/model';
import type { BackendDocument, Problem, RouteDocument } from '@sluice/model';
import type { Pause } from '@sluice/service';
import type { ConfigurationState } from './configuration-state.ts';
import type { DocumentReader, ReadDocument } from './document-reader.ts';
import type { ChangeOf, Documents, EntityChange, EntityType } from './entities.ts';
import { beingDeployed, changedId, duplicateIds, takenNames } from './proposal-conflicts.ts';
import type { Proposal, Proposed, ProposedDocument } from './proposal.ts';
import { ownWarnings, ProposedWarnings } from './route-warnings.ts';

/** The result of a check: what would change, or what is wrong. */
export interface Checked {
  readonly changes: readonly EntityChange[];
  readonly problems: readonly Problem[];
  /** Problems that come from what is there already, such as a name that is taken. */
  readonly conflicts: readonly Problem[];
  /** What is valid but probably not intended. */
  readonly warnings: readonly Problem[];
}

/** What a proposal is checked with. */
export interface CheckOptions {
  /** The configuration as it is; it must not change meanwhile. */
  readonly state: ConfigurationState;
  readonly reader: DocumentReader;
  readonly pause: Pause;
  /** false: nobody would read the warnings. */
  readonly warns: boolean;
}

/** Checks a proposal against the configuration as it is; a long one with pauses. Changes nothing. */
export async function checkProposal(proposal: Proposal, options: CheckOptions): Promise<Checked> {
  const { state, reader, pause, warns } = options;
  const next = new NextBackends(state, proposal);
  const problems = new ProblemList();
  const changes: EntityChange[] = [];
  const routes: ReadRoute[] = [];
  // Backends first: routes are read with them.
  for (const put of proposal.puts.filter(isBackend)) {
    const read = reader.backend(put.document, keptOf(put, state));
    if (read.ok && put.id !== undefined) next.propose(read.id, read.document);
    const found = problemsIn(put, read);
    problems.add(found);
    if (read.ok && found.length === 0) changes.push(...changesTo(state, put, read.document, read.id));
    await pause();
  }
  const split = proposal.byDeployment === true;
  for (const put of proposal.puts.filter(isRoute)) {
    const read = reader.route(put.document, next.backend, { split, kept: keptOf(put, state) });
    const found = problemsIn(put, read);
    problems.add(found);
    if (read.ok && found.length === 0) {
      const document = split || proposal.byFile === true ? read.document : keepingSplit(state, read.document);
      if (document !== read.document) problems.add(candidateProblems(document, reader, next));
      changes.push(...changesTo(state, put, document, read.id));
      routes.push({ put, document: read.document });
    }
    await pause();
  }
  for (const { entityType, id } of proposal.removes) changes.push(...removalOf(state, entityType, id));
  problems.add(duplicateIds(proposal));
  for (const routeId of dependentRoutes(state, proposal)) {
    problems.add(dependentProblems(state.get('route', routeId)!.document, reader, next));
    await pause();
  }
  const conflicts = firstProblems(beingDeployed(proposal, changes), takenNames(state, proposal, changes));
  const warnings = warns ? await warningsOf(proposal, routes, { ...options, next }) : [];
  return { changes, problems: problems.all(), conflicts, warnings };
}

/** A route that was found right, in the form in which it would be stored. */
interface ReadRoute {
  readonly put: Proposed<'route'>;
  readonly document: RouteDocument;
}

/** What is valid but probably not intended, in the proposed routes and in those that use a proposed backend. */
async function warningsOf(
  proposal: Proposal,
  routes: readonly ReadRoute[],
  { state, pause, next: { backend } }: CheckOptions & { readonly next: NextBackends },
): Promise<Problem[]> {
  const warnings = new ProblemList();
  const settled = settledRoutes(proposal);
  const documents = routes.map(({ document }) => document);
  const found = new ProposedWarnings({ ids: settled, documents }, { state, backend });
  for (const { put, document } of routes) {
    warnings.add(found.of(document).map((warning) => ({ ...warning, path: [...put.locate(warning.path)] })));
    await pause();
  }
  for (const routeId of dependentRoutes(state, proposal)) {
    const own = ownWarnings(state.get('route', routeId)!.document, backend);
    warnings.add(own.map(({ message }) => ({ path: [], message: `route ${routeId}: ${message}` })));
    await pause();
  }
  return warnings.all();
}

/** The shared backends as they would be. */
class NextBackends {
  readonly #proposed = new Map<string, BackendDocument>();
  readonly #removed: ReadonlySet<string>;
  readonly #state: ConfigurationState;

  constructor(state: ConfigurationState, { removes }: Proposal) {
    this.#state = state;
    this.#removed = new Set(removes.flatMap(({ entityType, id }) => (entityType === 'backend' ? id : [])));
  }

  propose(id: string, document: BackendDocument): void {
    this.#proposed.set(id, document);
  }

  /** The document of a shared backend, or undefined when there would be none. */
  readonly backend = (id: string): BackendDocument | undefined => {
    if (this.#removed.has(id)) return undefined;
    return this.#proposed.get(id) ?? this.#state.get('backend', id)?.document;
  };
}

function isBackend(put: ProposedDocument): put is Proposed<'backend'> {
  return put.entityType === 'backend';
}

function isRoute(put: ProposedDocument): put is Proposed<'route'> {
  return put.entityType === 'route';
}

/** The stored document. Whoever sends a document back has read it with its secrets hidden. */
function keptOf<T extends EntityType>({ entityType, id }: Proposed<T>, state: ConfigurationState) {
  return id === undefined ? undefined : state.get(entityType, id)?.document;
}

function problemsIn(put: ProposedDocument, read: ReadDocument): readonly Problem[] {
  if (!read.ok) return read.problems.map((problem) => ({ ...problem, path: [...put.locate(problem.path)] }));
  return put.id === undefined || read.id === put.id ? [] : [changedId(put)];
}

function changesTo<T extends EntityType>(
  state: ConfigurationState,
  { entityType }: Proposed<T>,
  after: Documents[T],
  entityId: string,
): ChangeOf<T>[] {
  const before = state.get(entityType, entityId)?.document;
  if (before === undefined) return [{ entityType, entityId, after }];
  return sameContent(before, after) ? [] : [{ entityType, entityId, before, after }];
}

function removalOf(state: ConfigurationState, entityType: EntityType, entityId: string): EntityChange[] {
  const before = state.get(entityType, entityId)?.document;
  return before === undefined ? [] : [{ entityType, entityId, before } as EntityChange];
}

/** A route that a deployment is changing keeps its split, whoever else changes it. */
function keepingSplit(state: ConfigurationState, document: RouteDocument): RouteDocument {
  const split = state.get('route', document.routeId)?.document.split;
  return split ? { ...document, split } : document;
}

/** The candidate that runs beside a route has to be right too, with the backends as they would be. */
function candidateProblems(route: RouteDocument, reader: DocumentReader, next: NextBackends): Problem[] {
  return problemsOf(route, { reader, next }, `route ${route.routeId}, which is being deployed, uses it`);
}

function dependentProblems(route: RouteDocument, reader: DocumentReader, next: NextBackends): Problem[] {
  return problemsOf(route, { reader, next }, `route ${route.routeId} uses it`);
}

function problemsOf(
  route: RouteDocument,
  { reader, next }: { readonly reader: DocumentReader; readonly next: NextBackends },
  why: string,
): Problem[] {
  const read = reader.route(route, next.backend, { split: true });
  return read.ok ? [] : read.problems.map(({ message }) => ({ path: [], message: `${why}: ${message}` }));
}

/** Routes that are not part of the proposal but use a backend that is: they must still be right. */
function dependentRoutes(state: ConfigurationState, { puts, removes }: Proposal): ReadonlySet<string> {
  const touched = [...puts, ...removes].flatMap(({ entityType, id }) => (entityType === 'backend' ? (id ?? []) : []));
  const settled = settledRoutes({ puts, removes });
  return new Set(touched.flatMap((id) => state.usersOf(id)).filter((id) => !settled.has(id)));
}

/** The routes that are part of a proposal. */
function settledRoutes({ puts, removes }: Proposal): ReadonlySet<string> {
  return new Set([...puts, ...removes].flatMap(({ entityType, id }) => (entityType === 'route' ? (id ?? []) : [])));
}
