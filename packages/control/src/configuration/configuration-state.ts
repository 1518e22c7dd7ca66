import { ownedBackendId, ownedBackendsOf, ownerOf, RoutesBy, shapeOf, sharedBackendsOf } from '@sluice/model';
import type { BackendEntity, ChangeOf, Entity, EntityType } from './entities.ts';

type Entities = { readonly [T in EntityType]: Map<string, Entity<T>> };

/** The configuration in memory, with the indexes that checking and listing need. */
export class ConfigurationState {
  revision = 0;
  lineage = '';
  revisionAt: string | undefined;
  #entities: Entities = { route: new Map(), backend: new Map() };
  #names = { route: new Map<string, string>(), backend: new Map<string, string>() };
  /** Which routes use a shared backend. */
  #users = new RoutesBy();
  /** Which routes have a path pattern of the same shape. */
  #shapes = new RoutesBy();
  /** Ids in order; made when somebody lists, forgotten when an id comes or goes. */
  #order: Record<EntityType, readonly string[] | undefined> = { route: undefined, backend: undefined };

  /** A copy that later changes of the original leave alone. */
  copy(): ConfigurationState {
    const copy = new ConfigurationState();
    copy.#entities = { route: new Map(this.#entities.route), backend: new Map(this.#entities.backend) };
    copy.#names = { route: new Map(this.#names.route), backend: new Map(this.#names.backend) };
    copy.#order = { ...this.#order };
    copy.#users = this.#users.copy();
    copy.#shapes = this.#shapes.copy();
    copy.revision = this.revision;
    copy.lineage = this.lineage;
    copy.revisionAt = this.revisionAt;
    return copy;
  }

  get<T extends EntityType>(type: T, id: string): Entity<T> | undefined {
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

  all<T extends EntityType>(type: T): readonly Entity<T>[] {
    return this.ids(type).map((id) => this.#entities[type].get(id)!);
  }

  put<T extends EntityType>(type: T, entity: Entity<T>): void {
    const { id, document } = entity;
    if (this.#entities[type].has(id)) this.#forgetName(type, id);
    else this.#order[type] = undefined;
    this.#entities[type].set(id, entity);
    this.#names[type].set(document.name, id);
    if (type === 'route') this.#index(entity as Entity<'route'>);
  }

  remove(type: EntityType, id: string): void {
    if (!this.#entities[type].has(id)) return;
    this.#forgetName(type, id);
    this.#entities[type].delete(id);
    this.#order[type] = undefined;
    if (type === 'backend') return;
    this.#users.remove(id);
    this.#shapes.remove(id);
  }

  /** Applies a change of a revision. */
  accept<T extends EntityType>(
    { entityType, entityId, after }: ChangeOf<T>,
    { revision, at }: { readonly revision: number; readonly at: string },
  ): void {
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
    const owner = ownerOf(id);
    if (owner === undefined) {
      const shared = this.get('backend', id);
      return shared && { ...shared, routeId: undefined };
    }
    const route = this.get('route', owner.routeId);
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
      yield { size: () => ownedBackendsOf(route.document).length, list: () => backendsOf(route) };
    }
  }

  #index({ id, document }: Entity<'route'>): void {
    this.#users.put(id, sharedBackendsOf(document));
    this.#shapes.put(id, [shapeOf(document.pathPattern)]);
  }

  /** When two entities swap names, the one that came later already holds it. */
  #forgetName(type: EntityType, id: string): void {
    const { name } = this.#entities[type].get(id)!.document;
    if (this.#names[type].get(name) === id) this.#names[type].delete(name);
  }
}

/** The backends written in a route, as listed. */
function backendsOf({ document: route, id: routeId, ...recorded }: Entity<'route'>): BackendEntity[] {
  return ownedBackendsOf(route).map((document) => ({
    ...recorded,
    id: ownedBackendId(routeId, document.name),
    document,
    routeId,
  }));
}
