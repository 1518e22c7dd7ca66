import type { NodeChanges } from '@sluice/model';
import type { Body } from '../../store/store.ts';
import type { ChangeFeed } from '../change-feed.ts';

/** What several control processes share in a test: documents by id, and which revision touched which. */
export class SharedStore {
  revision = 0;
  lineage = 'first';
  revisionAt: string | undefined;
  isDown = false;
  routes = new Map<string, Body>();
  backends = new Map<string, Body>();
  touched: { revision: number; kind: 'route' | 'backend'; id: string }[] = [];
  #changes = 0;

  /** Makes a revision: undefined removes. */
  change({ routes, backends }: Readonly<Record<'routes' | 'backends', Record<string, Body | undefined>>>): void {
    this.revision++;
    this.revisionAt = new Date(Date.UTC(2026, 0, 1) + 10 * ++this.#changes).toISOString();
    for (const [id, document] of Object.entries(routes)) this.#put('route', id, document);
    for (const [id, document] of Object.entries(backends)) this.#put('backend', id, document);
  }

  #put(kind: 'route' | 'backend', id: string, document: Body | undefined): void {
    const map = kind === 'route' ? this.routes : this.backends;
    if (document === undefined) map.delete(id);
    else map.set(id, document);
    this.touched.push({ revision: this.revision, kind, id });
  }
}

/** The configuration of one control process: it sees the store as of its last refresh. */
export class MemoryFeed implements ChangeFeed {
  readonly store: SharedStore;
  revision = 0;
  lineage = '';
  revisionAt: string | undefined;
  refreshes = 0;
  readonly #listeners = new Set<(revision: number) => void>();
  #routes = new Map<string, Body>();
  #backends = new Map<string, Body>();

  constructor(store = new SharedStore()) {
    this.store = store;
    this.#load();
  }

  /** Makes a revision in this process. */
  change(routes: Record<string, Body | undefined>, backends: Record<string, Body | undefined> = {}): void {
    this.store.change({ routes, backends });
    this.#load();
  }

  async refresh(): Promise<void> {
    this.refreshes++;
    await Promise.resolve();
    if (this.store.isDown) throw new Error('the store is down');
    const { revision, lineage, revisionAt } = this.store;
    if (revision !== this.revision || lineage !== this.lineage || revisionAt !== this.revisionAt) this.#load();
  }

  changesSince(since: number, lineage: string | undefined): Omit<NodeChanges, 'commands'> {
    const whole = since === 0 || lineage !== this.lineage || since >= this.revision;
    const touched = this.store.touched.filter(({ revision }) => revision > since && revision <= this.revision);
    const ids = (kind: 'route' | 'backend', all: ReadonlyMap<string, Body>): string[] =>
      whole ? [...all.keys()] : [...new Set(touched.filter((one) => one.kind === kind).map(({ id }) => id))];
    const routes = ids('route', this.#routes);
    const backends = ids('backend', this.#backends);
    return {
      revision: this.revision,
      lineage: this.lineage,
      ...(this.revisionAt !== undefined && { revisionAt: this.revisionAt }),
      whole,
      routes: routes.map((id) => this.#routes.get(id)).filter((document) => document !== undefined),
      backends: backends.map((id) => this.#backends.get(id)).filter((document) => document !== undefined),
      removedRoutes: routes.filter((id) => !this.#routes.has(id)),
      removedBackends: backends.filter((id) => !this.#backends.has(id)),
    };
  }

  onRevision(listener: (revision: number) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #load(): void {
    this.revision = this.store.revision;
    this.lineage = this.store.lineage;
    this.revisionAt = this.store.revisionAt;
    this.#routes = new Map(this.store.routes);
    this.#backends = new Map(this.store.backends);
    for (const listener of this.#listeners) listener(this.revision);
  }
}
