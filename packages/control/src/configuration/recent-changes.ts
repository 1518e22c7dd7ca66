import type { ConfigurationState } from './configuration-state.ts';
import type { ConfigurationChanges, Document, EntityChange, EntityType } from './entities.ts';

/** Revisions whose changes are kept in memory for nodes that are a little behind. */
const kept = 1000;

/** What the latest revisions touched, so that nodes are sent no more than what they lack. */
export class RecentChanges {
  /** In order, without gaps. */
  readonly #revisions: { readonly revision: number; readonly touched: readonly (readonly [EntityType, string])[] }[] =
    [];

  add(revision: number, changes: readonly Pick<EntityChange, 'entityType' | 'entityId'>[]): void {
    if (this.#revisions.at(-1)?.revision !== revision - 1) this.#revisions.length = 0;
    this.#revisions.push({
      revision,
      touched: changes.map(({ entityType, entityId }) => [entityType, entityId] as const),
    });
    if (this.#revisions.length > kept) this.#revisions.shift();
  }

  clear(): void {
    this.#revisions.length = 0;
  }

  /** The way from a revision to the state; the whole of it when the revision is too old, or of another lineage. */
  since(revision: number, lineage: string | undefined, state: ConfigurationState): ConfigurationChanges {
    const isKnown = lineage === state.lineage && revision <= state.revision;
    if (isKnown && revision === state.revision) return difference(state, { route: [], backend: [] });
    const first = this.#revisions[0]?.revision;
    if (!isKnown || first === undefined || first > revision + 1) return whole(state);
    const touched = { route: new Set<string>(), backend: new Set<string>() };
    for (const entry of this.#revisions) {
      if (entry.revision > revision) for (const [type, id] of entry.touched) touched[type].add(id);
    }
    return difference(state, { route: [...touched.route], backend: [...touched.backend] });
  }
}

function difference(state: ConfigurationState, touched: Record<EntityType, readonly string[]>): ConfigurationChanges {
  const present = (type: EntityType): Document[] =>
    touched[type].flatMap((id) => {
      const entity = state.get(type, id);
      return entity === undefined ? [] : [entity.document];
    });
  const absent = (type: EntityType) => touched[type].filter((id) => state.get(type, id) === undefined);
  return {
    revision: state.revision,
    lineage: state.lineage,
    whole: false,
    routes: present('route'),
    backends: present('backend'),
    removedRoutes: absent('route'),
    removedBackends: absent('backend'),
  };
}

function whole(state: ConfigurationState): ConfigurationChanges {
  return {
    revision: state.revision,
    lineage: state.lineage,
    whole: true,
    routes: state.all('route').map(({ document }) => document),
    backends: state.all('backend').map(({ document }) => document),
    removedRoutes: [],
    removedBackends: [],
  };
}
