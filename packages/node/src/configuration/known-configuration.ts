import { setImmediate } from 'node:timers/promises';
import { sameContent } from '@sluice/model';
import type { BackendConfig, JsonObject, NodeChanges, NodeFault, RouteConfig } from '@sluice/model';
import { readInParts, readShared } from './read-in-parts.ts';

/** A configuration that can be run: routes ordered by id; a route that did not change is the same object as before. */
export interface ReadyConfiguration {
  readonly revision: number;
  readonly lineage: string;
  readonly routes: readonly RouteConfig[];
  /** The shared backends, ordered by id. They are part of the routes that use them already. */
  readonly backends: readonly BackendConfig[];
}

/** The documents of a configuration, ordered by id. */
export interface ConfigurationDocuments {
  readonly routes: readonly JsonObject[];
  readonly backends: readonly JsonObject[];
}

type WithoutCommands = Omit<NodeChanges, 'commands'>;

interface RouteSlot {
  document: JsonObject;
  route: RouteConfig | undefined;
  faults: readonly NodeFault[];
  /** The shared backends it names. */
  uses: readonly string[];
}

interface BackendSlot {
  readonly document: JsonObject;
  readonly backend: BackendConfig | undefined;
  readonly fault?: string;
}

/** Longest time that parsing keeps everything else in the process waiting, in milliseconds. */
const sliceMs = 8;

/**
 * What a node was told by control, whether its gateway runs it or not: documents by id, and what was read from them.
 * Only what changed is read again. Changes are taken one after the other.
 */
export class KnownConfiguration {
  revision = 0;
  /** Undefined until the first configuration. */
  lineage: string | undefined;
  /** When the revision was made, where that is known. */
  revisionAt: string | undefined;
  readonly #routes = new Map<string, RouteSlot>();
  readonly #backends = new Map<string, BackendSlot>();
  readonly #users = new Map<string, Set<string>>();
  readonly #faulty = { route: new Set<string>(), backend: new Set<string>() };
  #slice = 0;

  /** Takes over a difference, or everything. */
  async take(changes: WithoutCommands): Promise<void> {
    this.#slice = performance.now();
    const gone = changes.whole ? this.#missingFrom(changes) : changes;
    const touched = await this.#takeBackends(changes.backends, gone.removedBackends);
    const dirty = await this.#takeRoutes(changes.routes, gone.removedRoutes);
    for (const backendId of touched) for (const routeId of this.#users.get(backendId) ?? []) dirty.add(routeId);
    for (const routeId of dirty) {
      this.#read(routeId);
      await this.#breathe();
    }
    this.revision = changes.revision;
    this.lineage = changes.lineage;
    this.revisionAt = changes.revisionAt;
  }

  /** What this version does not accept of it; the rest of it runs. */
  faults(): NodeFault[] {
    const shared = [...this.#faulty.backend].flatMap((id) => {
      const { backend, fault = '' } = this.#backends.get(id)!;
      const users = [...(this.#users.get(id) ?? [])];
      return users.map((routeId) => ({ routeId, backend: backend?.name ?? id, isCandidate: false, reason: fault }));
    });
    return [...shared, ...[...this.#faulty.route].flatMap((id) => this.#routes.get(id)!.faults)];
  }

  /** The configuration as it is now, as far as this version accepts it. */
  ready(): ReadyConfiguration {
    return {
      revision: this.revision,
      lineage: this.lineage ?? '',
      routes: inOrder(this.#routes).flatMap(({ route }) => route ?? []),
      backends: inOrder(this.#backends).flatMap(({ backend }) => backend ?? []),
    };
  }

  /** The documents as they are now. */
  documents(): ConfigurationDocuments {
    return {
      routes: inOrder(this.#routes).map(({ document }) => document),
      backends: inOrder(this.#backends).map(({ document }) => document),
    };
  }

  #missingFrom({ routes, backends }: WithoutCommands): { removedRoutes: string[]; removedBackends: string[] } {
    const stay = { routes: new Set(routes.map(routeIdOf)), backends: new Set(backends.map(backendIdOf)) };
    return {
      removedRoutes: [...this.#routes.keys()].filter((id) => !stay.routes.has(id)),
      removedBackends: [...this.#backends.keys()].filter((id) => !stay.backends.has(id)),
    };
  }

  /** The ids of the backends that are different from before. */
  async #takeBackends(documents: readonly JsonObject[], removed: readonly string[]): Promise<Set<string>> {
    const touched = new Set<string>();
    for (const id of removed) {
      if (this.#backends.delete(id)) touched.add(id);
      this.#faulty.backend.delete(id);
    }
    for (const document of documents) {
      const id = backendIdOf(document);
      if (sameContent(this.#backends.get(id)?.document, document)) continue;
      const read = readShared(document);
      this.#backends.set(id, { document, ...read });
      mark(this.#faulty.backend, id, read.fault !== undefined);
      touched.add(id);
      await this.#breathe();
    }
    return touched;
  }

  /** The ids of the routes that have to be read anew. */
  async #takeRoutes(documents: readonly JsonObject[], removed: readonly string[]): Promise<Set<string>> {
    const dirty = new Set<string>();
    for (const id of removed) this.#removeRoute(id);
    for (const document of documents) {
      const id = routeIdOf(document);
      if (sameContent(this.#routes.get(id)?.document, document)) continue;
      this.#removeRoute(id);
      const uses = sharedBackendsOf(document);
      this.#routes.set(id, { document, route: undefined, faults: [], uses });
      for (const backendId of uses) this.#users.set(backendId, (this.#users.get(backendId) ?? new Set()).add(id));
      dirty.add(id);
      await this.#breathe();
    }
    return dirty;
  }

  #removeRoute(id: string): void {
    for (const backendId of this.#routes.get(id)?.uses ?? []) {
      const users = this.#users.get(backendId);
      users?.delete(id);
      if (users?.size === 0) this.#users.delete(backendId);
    }
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

  /** A configuration of 10,000 routes takes seconds to read: health checks and reports go on meanwhile. */
  async #breathe(): Promise<void> {
    if (performance.now() - this.#slice < sliceMs) return;
    await setImmediate();
    this.#slice = performance.now();
  }
}

function mark(set: Set<string>, id: string, isIn: boolean): void {
  if (isIn) set.add(id);
  else set.delete(id);
}

function inOrder<T>(slots: ReadonlyMap<string, T>): T[] {
  return [...slots.keys()].toSorted().map((id) => slots.get(id)!);
}

function routeIdOf({ routeId, name }: JsonObject): string {
  return idOf(routeId ?? name);
}

function backendIdOf({ backendId, name }: JsonObject): string {
  return idOf(backendId ?? name);
}

/** A document without any is left out when it is read, by the empty id. */
function idOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

/** Those of the candidate of a deployment included. */
function sharedBackendsOf(document: JsonObject): string[] {
  const { candidate } = (document['split'] ?? {}) as { candidate?: { backends?: unknown } | null };
  return [...new Set([...sharedIn(document['backends']), ...sharedIn(candidate?.backends)])];
}

function sharedIn(items: unknown): string[] {
  if (!Array.isArray(items)) return [];
  return (items as unknown[]).flatMap((item) => {
    const { url, backendId } = (item ?? {}) as { url?: unknown; backendId?: unknown };
    return url === undefined && typeof backendId === 'string' ? [backendId] : [];
  });
}
