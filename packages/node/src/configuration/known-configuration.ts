import { backendIdOf, RoutesBy, routeIdOf, sameContent, sharedBackendsOf } from '@sluice/model';
import type { BackendConfig, NodeChanges, NodeFault, RouteConfig } from '@sluice/model';
import { createPause } from '@sluice/service';
import { readInParts, readShared } from './read-in-parts.ts';

/** A configuration to run. A route that did not change is the same object as before. */
export interface ReadyConfiguration {
  readonly revision: number;
  readonly lineage: string;
  /** Ordered by id. */
  readonly routes: readonly RouteConfig[];
  /** The shared backends, ordered by id. Routes that use them already contain them. */
  readonly backends: readonly BackendConfig[];
}

/** The documents of a configuration, ordered by id. */
export type ConfigurationDocuments = Pick<NodeChanges, 'routes' | 'backends'>;

type RouteDocument = NodeChanges['routes'][number];
type BackendDocument = NodeChanges['backends'][number];
type WithoutCommands = Omit<NodeChanges, 'commands'>;

interface RouteSlot {
  readonly document: RouteDocument;
  route: RouteConfig | undefined;
  faults: readonly NodeFault[];
}

interface BackendSlot {
  readonly document: BackendDocument;
  readonly backend: BackendConfig | undefined;
  readonly fault?: string;
}

/**
 * The configuration that control sent to a node, whether its gateway runs it or not: documents by id, and what was read
 * from them. Only what changed is read again. Changes are taken one after the other.
 */
export class KnownConfiguration {
  revision = 0;
  /** Undefined until the first configuration. */
  lineage: string | undefined;
  /** When the revision was made, where that is known. */
  revisionAt: string | undefined;
  readonly #routes = new Map<string, RouteSlot>();
  readonly #backends = new Map<string, BackendSlot>();
  /** Which routes use a shared backend. */
  readonly #users = new RoutesBy();
  readonly #faulty = { route: new Set<string>(), backend: new Set<string>() };
  /** A configuration of 10,000 routes takes seconds to read: health checks and reports go on meanwhile. */
  #pause = createPause();

  /** Takes a difference, or everything. */
  async take(changes: WithoutCommands): Promise<void> {
    this.#pause = createPause();
    const gone = changes.whole ? this.#missingFrom(changes) : changes;
    const touched = await this.#takeBackends(changes.backends, gone.removedBackends);
    const dirty = await this.#takeRoutes(changes.routes, gone.removedRoutes);
    for (const backendId of touched) for (const routeId of this.#users.of(backendId)) dirty.add(routeId);
    for (const routeId of dirty) {
      this.#read(routeId);
      await this.#pause();
    }
    this.revision = changes.revision;
    this.lineage = changes.lineage;
    this.revisionAt = changes.revisionAt;
  }

  /** What this version does not accept; the rest runs. */
  faults(): NodeFault[] {
    const shared = [...this.#faulty.backend].flatMap((id) => {
      const { backend, fault = '' } = this.#backends.get(id)!;
      const users = this.#users.of(id);
      return users.map((routeId) => ({ routeId, backend: backend?.name ?? id, isCandidate: false, reason: fault }));
    });
    return [...shared, ...[...this.#faulty.route].flatMap((id) => this.#routes.get(id)!.faults)];
  }

  /** The part of the configuration that this version accepts. */
  ready(): ReadyConfiguration {
    return {
      revision: this.revision,
      lineage: this.lineage ?? '',
      routes: inOrder(this.#routes).flatMap(({ route }) => route ?? []),
      backends: inOrder(this.#backends).flatMap(({ backend }) => backend ?? []),
    };
  }

  documents(): ConfigurationDocuments {
    return {
      routes: inOrder(this.#routes).map(({ document }) => document),
      backends: inOrder(this.#backends).map(({ document }) => document),
    };
  }

  #missingFrom({ routes, backends }: WithoutCommands): { removedRoutes: string[]; removedBackends: string[] } {
    const stay = { routes: new Set(routes.map(idOfRoute)), backends: new Set(backends.map(idOfBackend)) };
    return {
      removedRoutes: [...this.#routes.keys()].filter((id) => !stay.routes.has(id)),
      removedBackends: [...this.#backends.keys()].filter((id) => !stay.backends.has(id)),
    };
  }

  /** The ids of the backends that are different from before. */
  async #takeBackends(documents: readonly BackendDocument[], removed: readonly string[]): Promise<Set<string>> {
    const touched = new Set<string>();
    for (const id of removed) {
      if (this.#backends.delete(id)) touched.add(id);
      this.#faulty.backend.delete(id);
    }
    for (const document of documents) {
      const id = idOfBackend(document);
      if (sameContent(this.#backends.get(id)?.document, document)) continue;
      const read = readShared(document);
      this.#backends.set(id, { document, ...read });
      mark(this.#faulty.backend, id, read.fault !== undefined);
      touched.add(id);
      await this.#pause();
    }
    return touched;
  }

  /** The ids of the routes that have to be read anew. */
  async #takeRoutes(documents: readonly RouteDocument[], removed: readonly string[]): Promise<Set<string>> {
    const dirty = new Set<string>();
    for (const id of removed) this.#removeRoute(id);
    for (const document of documents) {
      const id = idOfRoute(document);
      if (sameContent(this.#routes.get(id)?.document, document)) continue;
      this.#removeRoute(id);
      this.#routes.set(id, { document, route: undefined, faults: [] });
      this.#users.put(id, sharedBackendsOf(document));
      dirty.add(id);
      await this.#pause();
    }
    return dirty;
  }

  #removeRoute(id: string): void {
    this.#users.remove(id);
    this.#routes.delete(id);
    this.#faulty.route.delete(id);
  }

  #read(id: string): void {
    const slot = this.#routes.get(id)!;
    const { route, faults } = readInParts(slot.document, (backendId) => this.#backends.get(backendId)?.backend);
    slot.route = route;
    slot.faults = faults;
    mark(this.#faulty.route, id, faults.length > 0);
  }
}

function mark(set: Set<string>, id: string, isIn: boolean): void {
  if (isIn) set.add(id);
  else set.delete(id);
}

function inOrder<T>(slots: ReadonlyMap<string, T>): T[] {
  return [...slots.keys()].toSorted().map((id) => slots.get(id)!);
}

/** A document without an id is left out when it is read. */
function idOfRoute(document: RouteDocument): string {
  return routeIdOf(document) ?? '';
}

function idOfBackend(document: BackendDocument): string {
  return backendIdOf(document) ?? '';
}
