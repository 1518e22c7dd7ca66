import { firstProblems, ProblemList, sameContent } from '@sluice/model';
import type { Problem } from '@sluice/model';
import type { Pause } from '../pause.ts';
import type { ConfigurationState } from './configuration-state.ts';
import { nameOf } from './configuration-state.ts';
import type { DocumentReader } from './document-reader.ts';
import type { Document, EntityChange } from './entities.ts';
import type { Proposal, ProposedDocument } from './proposal.ts';
import { proposedName } from './proposal.ts';
import { ownWarnings, ProposedWarnings } from './route-warnings.ts';
import { splitIn } from './split.ts';

/** What a proposal comes to: what would change, or what is wrong with it. */
export interface Checked {
  readonly changes: readonly EntityChange[];
  readonly problems: readonly Problem[];
  /** Problems that come from what is there already, such as a name that is taken. */
  readonly conflicts: readonly Problem[];
  /** What is allowed, but hardly meant. */
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
  const next = new NextView(state, proposal);
  for (const put of proposal.puts.filter(isBackend)) {
    next.propose(put, reader);
    await pause();
  }
  const problems = new ProblemList();
  const changes: EntityChange[] = [];
  const routes: ReadRoute[] = [];
  // Backends first: routes are read with them.
  for (const put of proposal.puts.toSorted((a, b) => Number(isBackend(b)) - Number(isBackend(a)))) {
    await pause();
    const split = proposal.byDeployment === true;
    const former = keptOf(put, state);
    const read = isBackend(put)
      ? reader.backend(put.document, former)
      : reader.route(put.document, next.backend, { split, kept: former });
    if (!read.ok) problems.add(read.problems.map((problem) => ({ ...problem, path: [...put.locate(problem.path)] })));
    else if (put.id !== undefined && read.id !== put.id) problems.add([changedId(put)]);
    else {
      const change = { entityType: put.entityType, entityId: read.id, after: read.document };
      const kept = split || proposal.byFile === true ? change : keepingSplit(state, change);
      if (kept !== change) problems.add(candidateProblems(kept, reader, next));
      pushChange(changes, state, kept);
      if (!isBackend(put)) routes.push({ put, document: read.document });
    }
  }
  for (const { entityType, id } of proposal.removes) {
    const before = state.get(entityType, id);
    if (before !== undefined) changes.push({ entityType, entityId: id, before: before.document });
  }
  problems.add(duplicateIds(proposal));
  for (const routeId of dependentRoutes(state, proposal)) {
    problems.add(dependentProblems(state.get('route', routeId)!.document, routeId, { reader, next }));
    await pause();
  }
  const conflicts = firstProblems(beingDeployed(proposal, changes), takenNames(state, proposal, changes));
  const warnings = warns ? await warningsOf(proposal, routes, { ...options, next }) : [];
  return { changes, problems: problems.all(), conflicts, warnings };
}

/** A route that was found right, in the form in which it would be kept. */
interface ReadRoute {
  readonly put: ProposedDocument;
  readonly document: Document;
}

/** What is allowed, but hardly meant: in the routes that are proposed, and in those that use a backend that is. */
async function warningsOf(
  proposal: Proposal,
  routes: readonly ReadRoute[],
  { state, pause, next: { backend } }: CheckOptions & { readonly next: NextView },
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

/** A route that a deployment is changing keeps its split, whoever else changes it. */
function keepingSplit(state: ConfigurationState, change: Required<Omit<EntityChange, 'before'>>): typeof change {
  const split = change.entityType === 'route' && splitIn(state.get('route', change.entityId)?.document);
  return split ? { ...change, after: { ...change.after, split } } : change;
}

/** The candidate that runs beside a route has to be right too, with the backends as they would be. */
function candidateProblems(
  { entityId, after }: Required<Omit<EntityChange, 'before'>>,
  reader: DocumentReader,
  next: NextView,
): Problem[] {
  const read = reader.route(after, next.backend, { split: true });
  if (read.ok) return [];
  return read.problems.map(({ message }) => ({
    path: [],
    message: `route ${entityId}, which is being deployed, uses it: ${message}`,
  }));
}

/** Whoever changes a route beside the deployment that compares two versions of it would change what is compared. */
function beingDeployed({ byDeployment, byFile }: Proposal, changes: readonly EntityChange[]): Problem[] {
  if (byDeployment === true || byFile === true) return [];
  return changes.flatMap(({ entityType, entityId, before }) => {
    const deploymentId = entityType === 'route' && splitIn(before)?.['deploymentId'];
    if (typeof deploymentId !== 'string') return [];
    const message = `route ${entityId} is being deployed by ${deploymentId}: wait until it ends, or roll it back first`;
    return [{ path: [], message }];
  });
}

/** The shared backends as they would be. */
class NextView {
  readonly #proposed = new Map<string, Document>();
  readonly #removed = new Set<string>();
  readonly #state: ConfigurationState;

  constructor(state: ConfigurationState, { removes }: Proposal) {
    this.#state = state;
    for (const { entityType, id } of removes) if (entityType === 'backend') this.#removed.add(id);
  }

  /** Takes a backend as it would be. */
  propose(put: ProposedDocument, reader: DocumentReader): void {
    const { id, document } = put;
    const read = id === undefined ? undefined : reader.backend(document, keptOf(put, this.#state));
    if (read?.ok === true) this.#proposed.set(read.id, read.document);
  }

  /** The document of a shared backend, or undefined when there would be none. */
  readonly backend = (id: string): Document | undefined => {
    if (this.#removed.has(id)) return undefined;
    return this.#proposed.get(id) ?? this.#state.get('backend', id)?.document;
  };
}

function changedId({ entityType, id, locate }: ProposedDocument): Problem {
  const message = `cannot be changed: it is ${id}; make a new ${entityType}, and remove this one`;
  return { path: [...locate([`${entityType}Id`])], message };
}

/** What the document was until now: who sends it back has read it with its secrets hidden. */
function keptOf({ entityType, id }: ProposedDocument, state: ConfigurationState): Document | undefined {
  return id === undefined ? undefined : state.get(entityType, id)?.document;
}

function isBackend({ entityType }: ProposedDocument): boolean {
  return entityType === 'backend';
}

function pushChange(changes: EntityChange[], state: ConfigurationState, change: EntityChange): void {
  const before = state.get(change.entityType, change.entityId)?.document;
  if (before === undefined) changes.push(change);
  else if (!sameContent(before, change.after)) changes.push({ ...change, before });
}

/** Routes that are not part of the proposal but use a backend that is: they must still be right. */
function dependentRoutes(state: ConfigurationState, { puts, removes }: Proposal): ReadonlySet<string> {
  const touched = [...puts, ...removes].flatMap(({ entityType, id }) => (entityType === 'backend' ? (id ?? []) : []));
  const settled = settledRoutes({ puts, removes });
  return new Set(touched.flatMap((id) => state.usersOf(id)).filter((id) => !settled.has(id)));
}

/** The routes that a proposal speaks of. */
function settledRoutes({ puts, removes }: Proposal): ReadonlySet<string> {
  return new Set([...puts, ...removes].flatMap(({ entityType, id }) => (entityType === 'route' ? (id ?? []) : [])));
}

function dependentProblems(
  route: Document,
  routeId: string,
  { reader, next }: { readonly reader: DocumentReader; readonly next: NextView },
): Problem[] {
  const read = reader.route(route, next.backend, { split: true });
  if (read.ok) return [];
  return read.problems.map(({ message }) => ({ path: [], message: `route ${routeId} uses it: ${message}` }));
}

function duplicateIds({ puts }: Proposal): Problem[] {
  const problems: Problem[] = [];
  for (const [key, value] of [['id', (put: ProposedDocument) => put.id] as const, ['name', proposedName] as const]) {
    const seen = new Set<string>();
    for (const put of puts) {
      const of = value(put);
      if (of === undefined) continue;
      const mark = `${put.entityType} ${of}`;
      if (!seen.has(mark)) seen.add(mark);
      else if (key === 'name' || put.document['name'] !== of) {
        const field = key === 'name' ? 'name' : `${put.entityType}Id`;
        problems.push({
          path: [...put.locate([field])],
          message: `another ${put.entityType} of the list has it already`,
        });
      }
    }
  }
  return problems;
}

/** Names that would belong to two entities, one of which the proposal does not touch. */
function takenNames(state: ConfigurationState, { puts }: Proposal, changes: readonly EntityChange[]): Problem[] {
  const touched = new Set(changes.map(({ entityType, entityId }) => `${entityType} ${entityId}`));
  // Found once: who brings in many names that are taken would have the list searched for each.
  const places = new Map(puts.map((put) => [`${put.entityType} ${put.id}`, put.locate(['name'])]));
  return changes.flatMap(({ entityType, entityId, after }) => {
    if (after === undefined) return [];
    const holder = state.idOfName(entityType, nameOf(after));
    if (holder === undefined || holder === entityId || touched.has(`${entityType} ${holder}`)) return [];
    const path = places.get(`${entityType} ${entityId}`) ?? ['name'];
    return [{ path: [...path], message: `${entityType} ${holder} has this name` }];
  });
}
