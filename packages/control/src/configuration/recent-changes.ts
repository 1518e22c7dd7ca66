import type { ConfigurationState } from './configuration-state.ts';
import type { ConfigurationChanges, Documents, EntityChange, EntityType } from './entities.ts';

/** Revisions whose changes are kept in memory for nodes that are a little behind. */
const kept = 1000;

/** A revision of a history. */
export interface Position {
  readonly revision: number;
  readonly lineage: string | undefined;
  /** When it was made: of two revisions by one number, one was made after the store had been taken back. */
  readonly revisionAt?: string | undefined;
}

interface Entry {
  readonly revision: number;
  readonly at: string | undefined;
  readonly touched: readonly (readonly [EntityType, string])[];
}

/** What the latest revisions touched, so that nodes are sent no more than what they lack. */
export class RecentChanges {
  /** In order, without gaps. The first says where the way begins. */
  readonly #revisions: Entry[] = [];

  add(
    revision: number,
    at: string | undefined,
    changes: readonly Pick<EntityChange, 'entityType' | 'entityId'>[],
  ): void {
    if (this.#revisions.at(-1)?.revision !== revision - 1) this.#revisions.length = 0;
    const touched = changes.map(({ entityType, entityId }) => [entityType, entityId] as const);
    this.#revisions.push({ revision, at, touched });
    if (this.#revisions.length > kept) this.#revisions.shift();
  }

  /** Forgets the way, and begins a new one. */
  beginAt(revision: number, at: string | undefined): void {
    this.#revisions.length = 0;
    this.#revisions.push({ revision, at, touched: [] });
  }

  /** The way to the state; the whole of it when the revision is too old, is another by its number, or of another lineage. */
  since({ revision, lineage, revisionAt }: Position, state: ConfigurationState): ConfigurationChanges {
    const from = this.#revisions.find((entry) => entry.revision === revision);
    const isSame = from !== undefined && (revisionAt === undefined || from.at === undefined || from.at === revisionAt);
    if (!isSame || lineage !== state.lineage) return whole(state);
    const touched = { route: new Set<string>(), backend: new Set<string>() };
    for (const entry of this.#revisions) {
      if (entry.revision > revision) for (const [type, id] of entry.touched) touched[type].add(id);
    }
    return difference(state, { route: [...touched.route], backend: [...touched.backend] });
  }
}

function difference(state: ConfigurationState, touched: Record<EntityType, readonly string[]>): ConfigurationChanges {
  const present = <T extends EntityType>(type: T): Documents[T][] =>
    touched[type].flatMap((id) => {
      const entity = state.get(type, id);
      return entity === undefined ? [] : [entity.document];
    });
  const absent = (type: EntityType) => touched[type].filter((id) => state.get(type, id) === undefined);
  return {
    ...placeOf(state),
    whole: false,
    routes: present('route'),
    backends: present('backend'),
    removedRoutes: absent('route'),
    removedBackends: absent('backend'),
  };
}

function whole(state: ConfigurationState): ConfigurationChanges {
  return {
    ...placeOf(state),
    whole: true,
    routes: state.all('route').map(({ document }) => document),
    backends: state.all('backend').map(({ document }) => document),
    removedRoutes: [],
    removedBackends: [],
  };
}

function placeOf({ revision, lineage, revisionAt }: ConfigurationState) {
  return { revision, lineage, ...(revisionAt !== undefined && { revisionAt }) };
}
