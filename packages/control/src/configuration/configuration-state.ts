import { shapeOf } from '@sluice/model';
import type { BackendEntity, Document, Entity, EntityChange, EntityType } from './entities.ts';
import { splitIn } from './split.ts';

/** The configuration in memory, with the indexes that checking and listing need. */
export class ConfigurationState {
  revision = 0;
  lineage = '';
  revisionAt: string | undefined;
  readonly #entities = { route: new Map<string, Entity>(), backend: new Map<string, Entity>() };
  readonly #names = { route: new Map<string, string>(), backend: new Map<string, string>() };
  /** Which routes use a shared backend. */
  readonly #users = new RoutesBy();
  /** Which routes have a path pattern of the same shape. */
  readonly #shapes = new RoutesBy();
  /** Ids in order; made when somebody lists, forgotten when an id comes or goes. */
  readonly #order: Record<EntityType, readonly string[] | undefined> = { route: undefined, backend: undefined };

  /** The same, and it stays so whatever becomes of this one. */
  copy(): ConfigurationState {
    const copy = new ConfigurationState();
    for (const type of ['route', 'backend'] as const) {
      for (const [id, entity] of this.#entities[type]) copy.#entities[type].set(id, entity);
      for (const [name, id] of this.#names[type]) copy.#names[type].set(name, id);
      copy.#order[type] = this.#order[type];
    }
    this.#users.copyTo(copy.#users);
    this.#shapes.copyTo(copy.#shapes);
    copy.revision = this.revision;
    copy.lineage = this.lineage;
    copy.revisionAt = this.revisionAt;
    return copy;
  }

  get(type: EntityType, id: string): Entity | undefined {
    return this.#entities[type].get(id);
  }

  /** The id of the entity that has this name. */
  idOfName(type: EntityType, name: string): string | undefined {
    return this.#names[type].get(name);
  }

  /** The routes that use a shared backend. */
  usersOf(backendId: string): readonly string[] {
    return this.#users.of(backendId);
  }

  /** The routes whose path pattern has this shape. */
  routesOfShape(shape: string): readonly string[] {
    return this.#shapes.of(shape);
  }

  ids(type: EntityType): readonly string[] {
    return (this.#order[type] ??= [...this.#entities[type].keys()].toSorted());
  }

  all(type: EntityType): readonly Entity[] {
    return this.ids(type).map((id) => this.#entities[type].get(id)!);
  }

  put(type: EntityType, entity: Entity): void {
    const { id } = entity;
    const previous = this.#entities[type].get(id);
    if (previous === undefined) this.#order[type] = undefined;
    else this.#unindex(type, previous);
    this.#entities[type].set(id, entity);
    this.#names[type].set(nameOf(entity.document), id);
    if (type === 'backend') return;
    for (const backendId of sharedBackends(entity.document)) this.#users.add(backendId, id);
    this.#shapes.add(shapeIn(entity.document), id);
  }

  remove(type: EntityType, id: string): void {
    const previous = this.#entities[type].get(id);
    if (previous === undefined) return;
    this.#unindex(type, previous);
    this.#entities[type].delete(id);
    this.#order[type] = undefined;
  }

  /** Takes over what a revision did. */
  accept(change: EntityChange, { revision, at }: { readonly revision: number; readonly at: string }): void {
    const { entityType, entityId, after } = change;
    if (after === undefined) return this.remove(entityType, entityId);
    const createdAt = this.get(entityType, entityId)?.createdAt ?? at;
    this.put(entityType, { id: entityId, document: after, revision, createdAt, updatedAt: at });
  }

  /** Shared backends, then those of each route; a page of those that match. Walks no further than it must. */
  backends(query: { offset: number; limit: number; matches?: ((backend: BackendEntity) => boolean) | undefined }): {
    items: readonly BackendEntity[];
    total: number;
  } {
    const { offset, limit, matches } = query;
    const items: BackendEntity[] = [];
    let total = 0;
    for (const group of this.#backendGroups()) {
      const count = group.size();
      if (matches === undefined && (total + count <= offset || items.length === limit)) {
        total += count;
        continue;
      }
      for (const backend of group.list()) {
        if (matches !== undefined && !matches(backend)) continue;
        if (total >= offset && items.length < limit) items.push(backend);
        total++;
      }
    }
    return { items, total };
  }

  backend(id: string): BackendEntity | undefined {
    const cut = id.indexOf('~');
    if (cut === -1) {
      const shared = this.get('backend', id);
      return shared && { ...shared, routeId: undefined };
    }
    const route = this.get('route', id.slice(0, cut));
    return route && backendsOf(route).find((backend) => backend.id === id);
  }

  clear(): void {
    for (const type of ['route', 'backend'] as const) {
      this.#entities[type].clear();
      this.#names[type].clear();
      this.#order[type] = undefined;
    }
    this.#users.clear();
    this.#shapes.clear();
  }

  *#backendGroups(): Iterable<{ size(): number; list(): readonly BackendEntity[] }> {
    const shared = this.all('backend').map((backend) => ({ ...backend, routeId: undefined }));
    yield { size: () => shared.length, list: () => shared };
    for (const route of this.all('route')) {
      yield { size: () => ownedBackends(route.document).length, list: () => backendsOf(route) };
    }
  }

  #unindex(type: EntityType, { id, document }: Entity): void {
    const name = nameOf(document);
    // When two entities swap names, the one that came later already holds it.
    if (this.#names[type].get(name) === id) this.#names[type].delete(name);
    if (type === 'backend') return;
    for (const backendId of sharedBackends(document)) this.#users.remove(backendId, id);
    this.#shapes.remove(shapeIn(document), id);
  }
}

/** Ids of routes, by something that several of them may have. */
class RoutesBy {
  readonly #ids = new Map<string, Set<string>>();

  add(key: string, id: string): void {
    this.#ids.set(key, (this.#ids.get(key) ?? new Set()).add(id));
  }

  remove(key: string, id: string): void {
    const ids = this.#ids.get(key);
    ids?.delete(id);
    if (ids?.size === 0) this.#ids.delete(key);
  }

  of(key: string): readonly string[] {
    return [...(this.#ids.get(key) ?? [])];
  }

  clear(): void {
    this.#ids.clear();
  }

  copyTo(other: RoutesBy): void {
    for (const [key, ids] of this.#ids) other.#ids.set(key, new Set(ids));
  }
}

/** The shape of the path pattern in a route that has been checked. */
export function shapeIn(route: Document): string {
  return shapeOf(route['pathPattern'] as string);
}

/** The name in a document that has been checked. */
export function nameOf(document: Document): string {
  return document['name'] as string;
}

/** The backends written in a route, as listed. */
function backendsOf(route: Entity): BackendEntity[] {
  return ownedBackends(route.document).map((document) => ({
    id: `${route.id}~${nameOf(document)}`,
    document,
    revision: route.revision,
    createdAt: route.createdAt,
    updatedAt: route.updatedAt,
    routeId: route.id,
  }));
}

/** The items of a route's backends that are whole backends. */
export function ownedBackends(route: Document): readonly Document[] {
  return backendItems(route).filter((item) => item['url'] !== undefined);
}

/** The ids of the shared backends that a route uses. */
export function sharedBackends(route: Document): readonly string[] {
  const candidate = splitIn(route)?.['candidate'] as Document | undefined;
  const items = candidate === undefined ? backendItems(route) : [...backendItems(route), ...backendItems(candidate)];
  return items.flatMap((item) => (item['url'] === undefined ? [item['backendId'] as string] : []));
}

function backendItems(route: Document): readonly Document[] {
  return (route['backends'] ?? []) as readonly Document[];
}
