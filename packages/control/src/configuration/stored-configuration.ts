import { firstProblems } from '@sluice/model';
import type { Problem } from '@sluice/model';
import { isDeepStrictEqual } from 'node:util';
import { createPause } from '../pause.ts';
import { ConflictError } from '../store/store.ts';
import type { Store, Write } from '../store/store.ts';
import type { ChangeGate } from './change-gate.ts';
import { checkProposal } from './check-proposal.ts';
import { head } from './collections.ts';
import { ConfigurationState } from './configuration-state.ts';
import type { ApplyContext, Configuration, DeployedDocument } from './configuration.ts';
import { readAlready } from './document-reader.ts';
import type { DocumentReader } from './document-reader.ts';
import type {
  BackendEntity,
  ChangeContext,
  ConfigurationChanges,
  Document,
  Entity,
  EntityChange,
  Outcome,
  Owner,
  WholeConfiguration,
} from './entities.ts';
import { ConfigurationConflictError, StaleError, ValidationError } from './errors.ts';
import { contentAt, differenceBetween, getRevision, changesBetween, listRevisions, netChanges } from './history.ts';
import { catchUp, readHead } from './load-state.ts';
import type { Head } from './load-state.ts';
import * as propose from './proposal.ts';
import { RecentChanges } from './recent-changes.ts';
import { ProposedWarnings } from './route-warnings.ts';
import { revisionWrites } from './revision-writes.ts';
import { Turns } from './turns.ts';
import type { Proposal } from './proposal.ts';
import { withoutSplit } from './split.ts';

/** What a configuration works with. */
export interface ConfigurationOptions {
  readonly store: Store;
  readonly reader: DocumentReader;
  /** Leaves out of a document what equals its default. */
  readonly minimal: (entityType: 'route' | 'backend', document: Document) => Document;
  /** Milliseconds since 1970. */
  readonly clock: () => number;
  /** Names a new history; random. */
  readonly newLineage: () => string;
  /** What changes of people and programs have to pass, unless they are an emergency or come by a deployment. */
  readonly gate: ChangeGate;
}

/** What is special about a change. */
interface ChangeOptions {
  /** The revision that it brings back. */
  readonly restoredFrom?: number | undefined;
  /** What goes along with it is stored even when no route changes, and it may always let go of a route. */
  readonly byDeployment?: boolean;
}

/** How often a change is tried anew when other processes are faster each time. */
const attempts = 50;

/** Opens the configuration that a store keeps. Rejects with the store's errors. */
export async function openConfiguration(options: ConfigurationOptions): Promise<Configuration> {
  const configuration = new StoredConfiguration(options);
  await configuration.refresh();
  return configuration;
}

class StoredConfiguration implements Configuration {
  readonly #options: ConfigurationOptions;
  readonly #state = new ConfigurationState();
  readonly #recent = new RecentChanges();
  readonly #turns = new Turns();
  readonly #listeners = new Set<(revision: number) => void>();
  #head: Head | undefined;
  #owner: Owner = { kind: 'api' };

  constructor(options: ConfigurationOptions) {
    this.#options = options;
  }

  get revision(): number {
    return this.#state.revision;
  }

  get lineage(): string {
    return this.#state.lineage;
  }

  get revisionAt(): string | undefined {
    return this.#state.revisionAt;
  }

  get owner(): Owner {
    return this.#owner;
  }

  setOwner(owner: Owner): void {
    this.#owner = owner;
  }

  refresh(): Promise<void> {
    return this.#turns.shared(() => this.#catchUp());
  }

  routes(): readonly Entity[] {
    return this.#state.all('route');
  }

  route(id: string): Entity | undefined {
    return this.#state.get('route', id);
  }

  backends(query: { offset: number; limit: number; matches?: (backend: BackendEntity) => boolean }) {
    return this.#state.backends(query);
  }

  backend(id: string): BackendEntity | undefined {
    return this.#state.backend(id);
  }

  sharedBackendIds(): readonly string[] {
    return this.#state.ids('backend');
  }

  createRoute(document: Document, context: ChangeContext): Promise<Outcome> {
    return this.#change(context, () => propose.create(this.#state, 'route', document));
  }

  updateRoute(id: string, patch: Document, context: ChangeContext): Promise<Outcome> {
    const { ifMatch } = context;
    return this.#change(context, () => propose.update(this.#state, { entityType: 'route', id, ifMatch }, patch));
  }

  removeRoute(id: string, context: ChangeContext): Promise<Outcome> {
    const { ifMatch } = context;
    return this.#change(context, () => propose.remove(this.#state, { entityType: 'route', id, ifMatch }));
  }

  createBackend(document: Document, context: ChangeContext & { readonly routeId?: string | undefined }) {
    const { routeId } = context;
    return this.#change(context, () =>
      routeId === undefined
        ? propose.create(this.#state, 'backend', document)
        : propose.addOwnedBackend(this.#state, routeId, document),
    );
  }

  updateBackend(id: string, patch: Document, context: ChangeContext): Promise<Outcome> {
    const { ifMatch } = context;
    return this.#change(context, () =>
      isOwned(id)
        ? propose.updateOwnedBackend(this.#state, id, patch, ifMatch)
        : propose.update(this.#state, { entityType: 'backend', id, ifMatch }, patch),
    );
  }

  removeBackend(id: string, context: ChangeContext): Promise<Outcome> {
    const { ifMatch } = context;
    return this.#change(context, () =>
      isOwned(id)
        ? propose.removeOwnedBackend(this.#state, id, ifMatch)
        : propose.remove(this.#state, { entityType: 'backend', id, ifMatch }),
    );
  }

  apply(whole: WholeConfiguration, context: ApplyContext): Promise<Outcome> {
    return this.#change(context, () => {
      this.#requireRevision(context);
      const proposal = propose.importWhole(this.#state, whole, context.prune);
      return context.author.kind === 'file' ? { ...proposal, byFile: true } : proposal;
    });
  }

  async export(): Promise<WholeConfiguration> {
    const { minimal } = this.#options;
    const [routes, backends] = [this.#state.all('route'), this.#state.all('backend')];
    const pause = createPause();
    const written: { routes: Document[]; backends: Document[] } = { routes: [], backends: [] };
    for (const { document } of routes) {
      written.routes.push(minimal('route', withoutSplit(document)));
      await pause();
    }
    for (const { document } of backends) {
      written.backends.push(minimal('backend', document));
      await pause();
    }
    return written;
  }

  revisions(page: { readonly offset: number; readonly limit: number }) {
    return listRevisions(this.#options.store, page);
  }

  async readRevision(number: number) {
    const revision = await getRevision(this.#options.store, number);
    const changes = netChanges(await changesBetween(this.#options.store, number - 1, number));
    return { revision, changes };
  }

  difference(from: number, to: number): Promise<readonly EntityChange[]> {
    return differenceBetween(this.#options.store, from, to);
  }

  restore(number: number, context: ChangeContext): Promise<Outcome> {
    const reason = context.reason ?? `restored from revision ${number}`;
    return this.#change(
      { ...context, reason },
      async () => {
        this.#requireRevision(context);
        const { routes, backends } = await contentAt(this.#options.store, this.#state, number);
        return propose.importWhole(this.#state, { routes: routes.map(withoutSplit), backends }, true);
      },
      { restoredFrom: number },
    );
  }

  async deploy(
    plan: (route: (id: string) => Entity | undefined) => readonly DeployedDocument[],
    context: ChangeContext,
  ): Promise<Outcome> {
    const route = (id: string): Entity | undefined => this.#state.get('route', id);
    return this.#change(context, () => propose.deployed(plan(route)), { byDeployment: true });
  }

  warnings(routes: readonly DeployedDocument[]): readonly (readonly Problem[])[] {
    const ids = new Set(routes.map(({ routeId }) => routeId));
    const backend = (id: string): Document | undefined => this.#state.get('backend', id)?.document;
    const documents = routes.map(({ document }) => document);
    const found = new ProposedWarnings({ ids, documents }, { state: this.#state, backend });
    return documents.map((document) => found.of(document));
  }

  confirm(alongside: (revision: number) => readonly Write[]): Promise<number> {
    return this.#turns.alone(async () => {
      for (let attempt = 1; attempt <= attempts; attempt++) {
        await this.#catchUp();
        const { revision, lineage, version } = this.#head!;
        const body = { revision, lineage, revisionAt: this.#nextAt() };
        const writes: Write[] = [{ kind: 'put', collection: head, id: 'head', body, expect: version }];
        if (!(await this.#commit([...writes, ...alongside(revision)]))) continue;
        this.#take({ ...body, version: version + 1 });
        this.#recent.beginAt(revision, body.revisionAt);
        this.#announce();
        return revision;
      }
      throw tooMany();
    });
  }

  changesSince(revision: number, lineage: string | undefined, revisionAt?: string): ConfigurationChanges {
    return this.#recent.since({ revision, lineage, revisionAt }, this.#state);
  }

  onRevision(listener: (revision: number) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #requireRevision({ ifMatch }: ChangeContext): void {
    const { revision } = this.#state;
    if (ifMatch !== undefined && ifMatch !== revision) throw new StaleError('the configuration', revision);
  }

  async #catchUp(): Promise<void> {
    const { store, newLineage } = this.#options;
    const target = await readHead(store, newLineage);
    this.#head = target;
    const { revision, lineage, revisionAt } = this.#state;
    if (target.revision === revision && target.lineage === lineage && target.revisionAt === revisionAt) return;
    const changes = await catchUp(store, this.#state, target);
    if (changes === undefined) this.#recent.beginAt(target.revision, target.revisionAt);
    else for (const [number, touched] of changes) this.#recent.add(number, touched[0].at, touched);
    this.#announce();
  }

  /** One at a time: looks, plans, checks, stores; once more from the start when another process was faster. */
  #change(
    context: ChangeContext & Pick<ApplyContext, 'isChecked'>,
    plan: () => Proposal | Promise<Proposal>,
    { restoredFrom, byDeployment = false }: ChangeOptions = {},
  ): Promise<Outcome> {
    return this.#turns.alone(async () => {
      for (let attempt = 1; attempt <= attempts; attempt++) {
        await this.#catchUp();
        // Deployments look at what they would change first: they may always let go of a route.
        if (!byDeployment) this.#refuseIfOwnedByFile(context);
        const proposal = await plan();
        if (byDeployment && !this.#isAsItWas(proposal)) this.#refuseIfOwnedByFile(context);
        const checked = await this.#check(proposal, context);
        const { outcome, guards } = await this.#gate(checked, context, byDeployment);
        if (context.dryRun === true) return outcome;
        if (!outcome.changed) {
          // Nothing for the nodes, but what goes along with it is to be kept all the same.
          if (byDeployment) await this.#options.store.commit((await context.alongside?.(outcome)) ?? []);
          return outcome;
        }
        if (await this.#store(outcome, context, { restoredFrom, guards })) return outcome;
      }
      throw tooMany();
    });
  }

  /** What a change has to pass before it goes live. A dry run is told what it would not pass. */
  async #gate(
    outcome: Outcome,
    { author, emergency, dryRun }: ChangeContext,
    byDeployment: boolean,
  ): Promise<{ readonly outcome: Outcome; readonly guards: readonly Write[] }> {
    const { changes, problems } = outcome;
    // A file holds as it is; what the program itself brings in is the first configuration there is.
    const isAsked = author.kind === 'user' || author.kind === 'apiKey';
    if (!isAsked || byDeployment || emergency === true || changes.length === 0) return { outcome, guards: [] };
    const routes = (): Document[] => this.#state.all('route').map(({ document }) => document);
    const routesUsing = (id: string): Document[] =>
      this.#state.usersOf(id).map((used) => this.#state.get('route', used)!.document);
    try {
      return { outcome, guards: await this.#options.gate({ changes, routes, routesUsing }) };
    } catch (error) {
      if (dryRun !== true || !(error instanceof ConfigurationConflictError)) throw error;
      const held = { path: [], message: error.message };
      return { outcome: { ...outcome, changed: false, problems: [...problems, held] }, guards: [] };
    }
  }

  #refuseIfOwnedByFile({ author }: ChangeContext): void {
    if (this.#owner.kind === 'api' || author.kind === 'file') return;
    const { file } = this.#owner;
    throw new ConfigurationConflictError(
      `routes and backends are owned by ${file}: change them there, or take the key "routes" out of it to manage them here`,
    );
  }

  /** Nothing but splits would go. */
  #isAsItWas({ puts }: Proposal): boolean {
    return puts.every(({ entityType, id = '', document }) => {
      const current = this.#state.get(entityType, id)?.document;
      return current !== undefined && isDeepStrictEqual(withoutSplit(current), document);
    });
  }

  async #check(
    proposal: Proposal,
    { dryRun, isChecked }: ChangeContext & Pick<ApplyContext, 'isChecked'>,
  ): Promise<Outcome> {
    const reader = isChecked === true ? readAlready : this.#options.reader;
    // Only what has its turn here changes the state.
    const { changes, problems, conflicts, warnings } = await checkProposal(proposal, {
      state: this.#state,
      reader,
      pause: createPause(),
      // Those of a file are said where it is read, those of a deployment when it is asked for.
      warns: isChecked !== true && proposal.byDeployment !== true,
    });
    if (dryRun !== true && problems.length > 0) {
      // What is wrong with a request is told field by field; a conflict with no field of its own comes when all is right.
      throw new ValidationError([...problems, ...conflicts.filter(({ path }) => path.length > 0)]);
    }
    if (dryRun !== true && conflicts.length > 0) throw new ConfigurationConflictError(conflicts[0].message);
    const all = firstProblems(problems, conflicts);
    const changed = changes.length > 0 && all.length === 0;
    const makesRevision = changed && dryRun !== true;
    const revision = this.#state.revision + (makesRevision ? 1 : 0);
    const at = makesRevision ? this.#nextAt() : undefined;
    return { revision, changed, at, changes, problems: all, warnings };
  }

  /** False when another process stored a revision in between, or what the change had to pass is no longer so. */
  async #store(
    outcome: Outcome,
    context: ChangeContext,
    { restoredFrom, guards }: Pick<ChangeOptions, 'restoredFrom'> & { readonly guards: readonly Write[] },
  ): Promise<boolean> {
    const { version, lineage } = this.#head!;
    const { revision, changes, at = '' } = outcome;
    const body = { revision, lineage, revisionAt: at };
    const writes: Write[] = [
      { kind: 'put', collection: head, id: 'head', body, expect: version },
      ...(await revisionWrites(outcome, { at, context, restoredFrom, state: this.#state })),
      ...guards,
      ...((await context.alongside?.(outcome)) ?? []),
    ];
    if (!(await this.#commit(writes, guards))) return false;
    for (const change of changes) this.#state.accept(change, { revision, at });
    this.#take({ ...body, version: version + 1 });
    this.#recent.add(revision, at, changes);
    this.#announce();
    return true;
  }

  /** False when another process was faster, or what the change had to pass is no longer so. */
  async #commit(writes: readonly Write[], guards: readonly Write[] = []): Promise<boolean> {
    const raced = new Set([head.name, ...guards.map(({ collection }) => collection.name)]);
    try {
      await this.#options.store.commit(writes);
      return true;
    } catch (error) {
      if (error instanceof ConflictError && raced.has(error.collection)) return false;
      throw error;
    }
  }

  #take(written: Head): void {
    this.#head = written;
    this.#state.revision = written.revision;
    this.#state.revisionAt = written.revisionAt;
  }

  /** Later than that of every revision before, whatever the clocks of other processes say: nodes go by the order. */
  #nextAt(): string {
    const last = this.#head?.revisionAt;
    return new Date(Math.max(this.#options.clock(), last === undefined ? 0 : Date.parse(last) + 1)).toISOString();
  }

  #announce(): void {
    for (const listener of this.#listeners) listener(this.#state.revision);
  }
}

function tooMany(): ConfigurationConflictError {
  return new ConfigurationConflictError('too many changes at the same time: try again');
}

function isOwned(backendId: string): boolean {
  return backendId.includes('~');
}
