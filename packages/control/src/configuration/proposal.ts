import { backendIdOf, isWritten, ownedBackendsOf, ownerOf, routeIdOf } from '@sluice/model';
import type { BackendDocument, JsonValue, RouteDocument, Unchecked } from '@sluice/model';
import type { ConfigurationState } from './configuration-state.ts';
import type { DeployedDocument } from './configuration.ts';
import type { Documents, Entity, EntityType, WholeConfiguration } from './entities.ts';
import { ConfigurationConflictError, NotFoundError, StaleError } from './errors.ts';
import { withoutSplit } from './without-split.ts';

/** A change before it is checked. */
export interface Proposal {
  /** A deployment proposes it. Only deployments may say how the traffic of a route is divided. */
  readonly byDeployment?: true;
  /** A file that owns the routes proposes it. The file wins: a deployment that runs on one of its routes ends. */
  readonly byFile?: true;
  readonly puts: readonly ProposedDocument[];
  readonly removes: readonly { readonly entityType: EntityType; readonly id: string }[];
}

/** A proposed route or shared backend, as the caller wrote it. */
export type ProposedDocument = { readonly [T in EntityType]: Proposed<T> }[EntityType];

/** A proposed document of one type. */
export interface Proposed<T extends EntityType> {
  readonly entityType: T;
  /** Undefined when the document has no usable id; the check then says what is wrong. */
  readonly id: string | undefined;
  readonly document: Unchecked<Documents[T]>;
  /** Where a problem in it is, as the caller sees it. */
  readonly locate: (path: Path) => Path;
}

type Path = readonly (string | number)[];
type State = ConfigurationState;

/** A new route; a conflict when there is one with its id. */
export function createRoute(state: State, document: Unchecked<RouteDocument>): Proposal {
  return create(state, proposedRoute(document));
}

/** A new shared backend; a conflict when there is one with its id. */
export function createBackend(state: State, document: Unchecked<BackendDocument>): Proposal {
  return create(state, proposedBackend(document));
}

/** A backend added to those written in a route. */
export function addOwnedBackend(state: State, routeId: string, document: Unchecked<BackendDocument>): Proposal {
  const route = existing(state, 'route', routeId);
  const { name } = document;
  if (ownedBackendsOf(route.document).some((backend) => backend.name === name)) {
    throw new ConfigurationConflictError(`route ${routeId} has a backend ${name as string} already: update it instead`);
  }
  const { backends } = route.document;
  return changedBackends(route, [...backends, document], ['backends', backends.length]);
}

/** A route with a patch merged into it. */
export function updateRoute(state: State, id: string, patch: Unchecked<RouteDocument>, ifMatch?: number): Proposal {
  const { document } = existing(state, 'route', id, ifMatch);
  return { puts: [{ ...proposedRoute(merge(withoutSplit(document), patch)), id }], removes: [] };
}

/** A backend, shared or of a route, with a patch merged into it. */
export function updateBackend(state: State, id: string, patch: Unchecked<BackendDocument>, ifMatch?: number): Proposal {
  if (ownerOf(id) === undefined) {
    const { document } = existing(state, 'backend', id, ifMatch);
    return { puts: [{ ...proposedBackend(merge(document, patch)), id }], removes: [] };
  }
  const { route, backends, index } = ownedBackend(state, id, ifMatch);
  const next: readonly Unchecked<BackendDocument>[] = backends;
  return changedBackends(route, next.with(index, merge(next[index], patch)), ['backends', index]);
}

/** Takes a route away. */
export function removeRoute(state: State, id: string, ifMatch?: number): Proposal {
  existing(state, 'route', id, ifMatch);
  return { puts: [], removes: [{ entityType: 'route', id }] };
}

/** Takes a backend away; a conflict when routes use it, or when it is the only one of its route. */
export function removeBackend(state: State, id: string, ifMatch?: number): Proposal {
  if (ownerOf(id) !== undefined) return removeOwnedBackend(state, id, ifMatch);
  existing(state, 'backend', id, ifMatch);
  const users = state.usersOf(id);
  if (users.length > 0) {
    throw new ConfigurationConflictError(`backend ${id} is used by ${listed(users)}: remove it from there first`);
  }
  return { puts: [], removes: [{ entityType: 'backend', id }] };
}

function removeOwnedBackend(state: State, id: string, ifMatch?: number): Proposal {
  const { route, backends, index } = ownedBackend(state, id, ifMatch);
  if (backends.length === 1) {
    throw new ConfigurationConflictError(
      `backend ${id} is the only one of route ${route.id}: remove or disable the route`,
    );
  }
  return changedBackends(route, backends.toSpliced(index, 1), ['backends', -1]);
}

/** A whole configuration; with `prune`, entities that it does not mention are removed. */
export function importWhole(state: State, whole: WholeConfiguration, prune: boolean): Proposal {
  const puts = [
    ...whole.backends.map((document, index) => proposedBackend(document, ['backends', index])),
    ...whole.routes.map((document, index) => proposedRoute(document, ['routes', index])),
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
export function deployed(routes: readonly DeployedDocument<Unchecked<RouteDocument>>[]): Proposal {
  const puts = routes.map(({ routeId, document }) => ({ ...proposedRoute(document), id: routeId }));
  return { byDeployment: true, puts, removes: [] };
}

function create(state: State, put: ProposedDocument): Proposal {
  const { entityType, id } = put;
  if (id !== undefined && state.get(entityType, id) !== undefined) {
    throw new ConfigurationConflictError(`there is a ${entityType} ${id} already: update it, or choose another name`);
  }
  return { puts: [put], removes: [] };
}

function proposedRoute(document: Unchecked<RouteDocument>, place: Path = []): Proposed<'route'> {
  return { entityType: 'route', id: routeIdOf(document), document, locate: (path) => [...place, ...path] };
}

function proposedBackend(document: Unchecked<BackendDocument>, place: Path = []): Proposed<'backend'> {
  return { entityType: 'backend', id: backendIdOf(document), document, locate: (path) => [...place, ...path] };
}

function existing<T extends EntityType>(state: State, entityType: T, id: string, ifMatch?: number): Entity<T> {
  const entity = state.get(entityType, id);
  if (entity === undefined) throw new NotFoundError(`there is no ${entityType} ${id}`);
  if (ifMatch !== undefined && ifMatch !== entity.revision)
    throw new StaleError(`${entityType} ${id}`, entity.revision);
  return entity;
}

function ownedBackend(state: State, id: string, ifMatch: number | undefined) {
  const { routeId = '', name = '' } = ownerOf(id) ?? {};
  const route = state.get('route', routeId);
  const backends = route?.document.backends ?? [];
  const index = backends.findIndex((backend) => isWritten(backend) && backend.name === name);
  if (route === undefined || index === -1) throw new NotFoundError(`there is no backend ${id}`);
  if (ifMatch !== undefined && ifMatch !== route.revision) throw new StaleError(`backend ${id}`, route.revision);
  return { route, backends, index };
}

function changedBackends(
  { id, document }: Entity<'route'>,
  backends: readonly Unchecked<BackendDocument>[],
  [first, second]: Path,
): Proposal {
  // The caller speaks of the backend: a problem at `backends[2].url` is one at `url` to them.
  const locate = (path: Path): Path => (path[0] === first && path[1] === second ? path.slice(2) : path);
  return {
    puts: [{ entityType: 'route', id, document: { ...withoutSplit(document), backends }, locate }],
    removes: [],
  };
}

function merge<T>(document: Unchecked<T>, patch: Unchecked<T>): Unchecked<T> {
  const fields = Object.entries<JsonValue | undefined>(patch).filter(([, value]) => value !== undefined);
  const merged = Object.entries<JsonValue | undefined>({ ...document, ...Object.fromEntries(fields) });
  return Object.fromEntries(merged.filter(([, value]) => value !== null)) as Unchecked<T>;
}

function listed(routes: readonly string[]): string {
  const shown = routes.slice(0, 5).join(', ');
  return `route${routes.length === 1 ? '' : 's'} ${shown}${routes.length > 5 ? ` and ${routes.length - 5} more` : ''}`;
}
