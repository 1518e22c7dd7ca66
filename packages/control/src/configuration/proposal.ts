import { ConfigurationConflictError, NotFoundError, StaleError } from './errors.ts';
import type { ConfigurationState } from './configuration-state.ts';
import { ownedBackends, nameOf } from './configuration-state.ts';
import type { Document, EntityType, WholeConfiguration } from './entities.ts';
import { withoutSplit } from './split.ts';

/** A document that shall be, as the caller wrote it. */
export interface ProposedDocument {
  readonly entityType: EntityType;
  /** Undefined when the document does not say it in a usable way; checking then tells what is wrong. */
  readonly id: string | undefined;
  readonly document: Document;
  /** Where a problem in it is, as the caller sees it. */
  readonly locate: (path: Path) => Path;
}

type Path = readonly (string | number)[];

/** A change before it is checked. */
export interface Proposal {
  /** A deployment proposes it: it alone may say how the traffic of a route is divided. */
  readonly byDeployment?: true;
  /** A file that owns the routes proposes it: what it says holds, and a deployment that runs on them ends. */
  readonly byFile?: true;
  readonly puts: readonly ProposedDocument[];
  readonly removes: readonly { readonly entityType: EntityType; readonly id: string }[];
}

type State = ConfigurationState;

/** A new route or shared backend; a conflict when there is one with its id. */
export function create(state: State, entityType: EntityType, document: Document): Proposal {
  const id = idIn(entityType, document);
  if (id !== undefined && state.get(entityType, id) !== undefined) {
    throw new ConfigurationConflictError(`there is a ${entityType} ${id} already: update it, or choose another name`);
  }
  return { puts: [{ entityType, id, document, locate: inPlace }], removes: [] };
}

/** An entity with a patch merged into it. */
export function update(
  state: State,
  { entityType, id, ifMatch }: { entityType: EntityType; id: string; ifMatch?: number | undefined },
  patch: Document,
): Proposal {
  const entity = existing(state, entityType, id, ifMatch);
  return {
    puts: [{ entityType, id, document: merge(withoutSplit(entity.document), patch), locate: inPlace }],
    removes: [],
  };
}

/** Takes an entity away; a conflict when it is a backend that routes use. */
export function remove(
  state: State,
  { entityType, id, ifMatch }: { entityType: EntityType; id: string; ifMatch?: number | undefined },
): Proposal {
  existing(state, entityType, id, ifMatch);
  const users = entityType === 'backend' ? state.usersOf(id) : [];
  if (users.length > 0) {
    throw new ConfigurationConflictError(`backend ${id} is used by ${listed(users)}: take it out of there first`);
  }
  return { puts: [], removes: [{ entityType, id }] };
}

/** A backend added to those written in a route. */
export function addOwnedBackend(state: State, routeId: string, document: Document): Proposal {
  const route = existing(state, 'route', routeId, undefined);
  const name = document['name'];
  if (ownedBackends(route.document).some((backend) => backend['name'] === name)) {
    throw new ConfigurationConflictError(`route ${routeId} has a backend ${name as string} already: update it instead`);
  }
  const items = itemsOf(route.document);
  return changedBackends(routeId, route.document, [...items, document], ['backends', items.length]);
}

/** A backend of a route with a patch merged into it. */
export function updateOwnedBackend(state: State, id: string, patch: Document, ifMatch: number | undefined): Proposal {
  const { routeId, document, items, index } = ownedBackend(state, id, ifMatch);
  const next = items.with(index, merge(items[index], patch));
  return changedBackends(routeId, document, next, ['backends', index]);
}

/** A route without one of its backends. */
export function removeOwnedBackend(state: State, id: string, ifMatch: number | undefined): Proposal {
  const { routeId, document, items, index } = ownedBackend(state, id, ifMatch);
  if (items.length === 1) {
    throw new ConfigurationConflictError(
      `backend ${id} is the only one of route ${routeId}: remove or disable the route`,
    );
  }
  return changedBackends(routeId, document, items.toSpliced(index, 1), ['backends', -1]);
}

/** A whole configuration; with `prune`, what it does not mention goes. */
export function importWhole(state: State, whole: WholeConfiguration, prune: boolean): Proposal {
  const puts = [
    ...whole.backends.map((document, index) => proposed('backend', document, ['backends', index])),
    ...whole.routes.map((document, index) => proposed('route', document, ['routes', index])),
  ];
  const removes = prune
    ? (['route', 'backend'] as const).flatMap((entityType) => {
        const named = new Set(puts.flatMap((put) => (put.entityType === entityType ? [put.id] : [])));
        return state.ids(entityType).flatMap((id) => (named.has(id) ? [] : [{ entityType, id }]));
      })
    : [];
  return { puts, removes };
}

/** Routes as a deployment wants them now. */
export function deployed(routes: readonly { readonly routeId: string; readonly document: Document }[]): Proposal {
  const puts = routes.map(({ routeId, document }) => ({
    entityType: 'route' as const,
    id: routeId,
    document,
    locate: inPlace,
  }));
  return { byDeployment: true, puts, removes: [] };
}

function proposed(entityType: EntityType, document: Document, path: Path): ProposedDocument {
  return { entityType, id: idIn(entityType, document), document, locate: (inner) => [...path, ...inner] };
}

/** The id a document asks for: its own, or its name. */
function idIn(entityType: EntityType, document: Document): string | undefined {
  const id = document[entityType === 'route' ? 'routeId' : 'backendId'] ?? document['name'];
  return typeof id === 'string' ? id : undefined;
}

function existing(state: State, entityType: EntityType, id: string, ifMatch: number | undefined) {
  const entity = state.get(entityType, id);
  if (entity === undefined) throw new NotFoundError(`there is no ${entityType} ${id}`);
  if (ifMatch !== undefined && ifMatch !== entity.revision)
    throw new StaleError(`${entityType} ${id}`, entity.revision);
  return entity;
}

function ownedBackend(state: State, id: string, ifMatch: number | undefined) {
  const routeId = id.slice(0, id.indexOf('~'));
  const name = id.slice(routeId.length + 1);
  const route = state.get('route', routeId);
  const items = route === undefined ? [] : itemsOf(route.document);
  const index = items.findIndex((item) => item['url'] !== undefined && item['name'] === name);
  if (route === undefined || index === -1) throw new NotFoundError(`there is no backend ${id}`);
  if (ifMatch !== undefined && ifMatch !== route.revision) throw new StaleError(`backend ${id}`, route.revision);
  return { routeId, document: route.document, items, index };
}

function changedBackends(
  id: string,
  document: Document,
  backends: readonly Document[],
  [first, second]: Path,
): Proposal {
  // The caller speaks of the backend: a problem at `backends[2].url` is one at `url` for him.
  const locate = (path: Path): Path => (path[0] === first && path[1] === second ? path.slice(2) : path);
  return {
    puts: [{ entityType: 'route', id, document: { ...withoutSplit(document), backends }, locate }],
    removes: [],
  };
}

function inPlace(path: Path): Path {
  return path;
}

function itemsOf(route: Document): readonly Document[] {
  return (route['backends'] ?? []) as readonly Document[];
}

function merge(document: Document, patch: Document): Document {
  const merged: Record<string, Document[string]> = { ...document };
  for (const [key, value] of Object.entries(patch)) {
    if (value === undefined) continue;
    if (value === null) delete merged[key];
    else merged[key] = value;
  }
  return merged;
}

function listed(routes: readonly string[]): string {
  const shown = routes.slice(0, 5).join(', ');
  return `route${routes.length === 1 ? '' : 's'} ${shown}${routes.length > 5 ? ` and ${routes.length - 5} more` : ''}`;
}

/** The name a proposed document asks for, when it does so in a usable way. */
export function proposedName({ document }: ProposedDocument): string | undefined {
  return typeof document['name'] === 'string' ? nameOf(document) : undefined;
}
