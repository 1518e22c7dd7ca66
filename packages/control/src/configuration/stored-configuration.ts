import { firstProblems, minimalBackend, minimalRoute } from '@sluice/model';
import type { BackendDocument, Problem, RouteDocument, Unchecked } from '@sluice/model';
import { Turns } from '@sluice/service';
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
import type { Position } from './recent-changes.ts';
import { ProposedWarnings } from './route-warnings.ts';
import { revisionWrites } from './revision-writes.ts';
import type { Proposal } from './proposal.ts';
import { withoutSplit } from './without-split.ts';

/** What a configuration works with. */
export interface ConfigurationOptions {
  readonly store: Store;
  readonly reader: DocumentReader;
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
  /** It may touch all there is: it is worked out beside everything else. */
  readonly isLarge?: boolean;
}

/** Works out from the configuration as it is what shall be. */
type Plan = (state: ConfigurationState) => Proposal | Promise<Proposal>;

type CheckContext = ChangeContext & Pick<ApplyContext, 'isChecked'>;

interface AskedChange {
  readonly context: CheckContext;
  readonly options: ChangeOptions;
}

/** How often a change is tried anew when other processes are faster each time. */
const attempts = 50;

/** How often large work that is overtaken is done anew beside everything else, before it makes all else wait. */
const attemptsBeside = 3;

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
  readonly #looks = new Turns();
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
    // Who only reads waits for no change that is still under way, unless there is something to catch up with.
    return this.#looks.shared(async () => {
      if (!this.#isAt(await readHead(this.#options.store, this.#options.newLineage))) {
        await this.#turns.run(() => this.#catchUp());
      }
    });
  }

  routes(): readonly Entity<'route'>[] {
    return this.#state.all('route');
  }

  route(id: string): Entity<'route'> | undefined {
    return this.#state.get('route', id);
  }

  backends(query: { offset: number; limit: number; matches?: (backend: BackendEntity) => boolean }) {
    return this.#state.backends(query);
  }

  backend(id: string): BackendEntity | undefined {
    return this.#state.backend(id);
  }

  sharedBackend(id: string): Entity<'backend'> | undefined {
    return this.#state.get('backend', id);
  }

  sharedBackendIds(): readonly string[] {
    return this.#state.ids('backend');
  }

  createRoute(document: Unchecked<RouteDocument>, context: ChangeContext): Promise<Outcome> {
    return this.#change(context, (state) => propose.createRoute(state, document));
  }

  updateRoute(id: string, patch: Unchecked<RouteDocument>, context: ChangeContext): Promise<Outcome> {
    return this.#change(context, (state) => propose.updateRoute(state, id, patch, context.ifMatch));
  }

  removeRoute(id: string, context: ChangeContext): Promise<Outcome> {
    return this.#change(context, (state) => propose.removeRoute(state, id, context.ifMatch));
  }

  createBackend(
    document: Unchecked<BackendDocument>,
    context: ChangeContext & { readonly routeId?: string | undefined },
  ): Promise<Outcome> {
    const { routeId } = context;
    return this.#change(context, (state) =>
      routeId === undefined
        ? propose.createBackend(state, document)
        : propose.addOwnedBackend(state, routeId, document),
    );
  }

  updateBackend(id: string, patch: Unchecked<BackendDocument>, context: ChangeContext): Promise<Outcome> {
    return this.#change(context, (state) => propose.updateBackend(state, id, patch, context.ifMatch));
  }

  removeBackend(id: string, context: ChangeContext): Promise<Outcome> {
    return this.#change(context, (state) => propose.removeBackend(state, id, context.ifMatch));
  }

  apply(whole: WholeConfiguration, context: ApplyContext): Promise<Outcome> {
    return this.#change(
      context,
      (state) => {
        requireRevision(state, context);
        const proposal = propose.importWhole(state, whole, context.prune);
        return context.author.kind === 'file' ? { ...proposal, byFile: true } : proposal;
      },
      // What was checked already is soon done.
      { isLarge: context.isChecked !== true },
    );
  }

  async export(): Promise<WholeConfiguration> {
    const [routes, backends] = [this.#state.all('route'), this.#state.all('backend')];
    const pause = createPause();
    const written: { [K in keyof WholeConfiguration]: WholeConfiguration[K][number][] } = { routes: [], backends: [] };
    for (const { document } of routes) {
      written.routes.push(minimalRoute(withoutSplit(document)));
      await pause();
    }
    for (const { document } of backends) {
      written.backends.push(minimalBackend(document));
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
      async (state) => {
        requireRevision(state, context);
        const { routes, backends } = await contentAt(this.#options.store, state, number);
        return propose.importWhole(state, { routes: routes.map(withoutSplit), backends }, true);
      },
      { restoredFrom: number, isLarge: true },
    );
  }

  async deploy(
    plan: (route: (id: string) => Entity<'route'> | undefined) => readonly DeployedDocument<Unchecked<RouteDocument>>[],
    context: ChangeContext,
  ): Promise<Outcome> {
    return this.#change(context, (state) => propose.deployed(plan((id) => state.get('route', id))), {
      byDeployment: true,
    });
  }

  warnings(routes: readonly DeployedDocument[]): readonly (readonly Problem[])[] {
    const ids = new Set(routes.map(({ routeId }) => routeId));
    const documents = routes.map(({ document }) => document);
    const found = new ProposedWarnings(
      { ids, documents },
      {
        state: this.#state,
        backend: (id) => this.#state.get('backend', id)?.document,
      },
    );
    return documents.map((document) => found.of(document));
  }

  confirm(alongside: (revision: number) => readonly Write[]): Promise<number> {
    return this.#turns.run(async () => {
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

  async #catchUp(): Promise<void> {
    const { store, newLineage } = this.#options;
    const target = await readHead(store, newLineage);
    this.#head = target;
    if (this.#isAt(target)) return;
    const changes = await catchUp(store, this.#state, target);
    if (changes === undefined) this.#recent.beginAt(target.revision, target.revisionAt);
    else for (const [number, touched] of changes) this.#recent.add(number, touched[0].at, touched);
    this.#announce();
  }

  /**
   * Looks, plans, checks, stores; once more from the start when another was faster. A dry run and a large change are
   * worked out on a copy, while others read and change; the change holds if the revision that it was made for still is the
   * last one.
   */
  async #change(context: CheckContext, plan: Plan, options: ChangeOptions = {}): Promise<Outcome> {
    const { isLarge = false } = options;
    for (let attempt = 1; context.dryRun === true || (isLarge && attempt <= attemptsBeside); attempt++) {
      const state = await this.#turns.run(async () => {
        await this.#catchUp();
        return this.#state.copy();
      });
      const checked = await this.#plan(state, plan, { context, options });
      if (context.dryRun === true) return (await this.#gate(state, checked, { context, options })).outcome;
      const stored = await this.#turns.run(async () => {
        await this.#catchUp();
        return this.#isAt(state) ? this.#settle(checked, context, options) : undefined;
      });
      if (stored !== undefined) return stored;
    }
    return this.#turns.run(async () => {
      for (let attempt = 1; attempt <= attempts; attempt++) {
        await this.#catchUp();
        const checked = await this.#plan(this.#state, plan, { context, options });
        const stored = await this.#settle(checked, context, options);
        if (stored !== undefined) return stored;
      }
      throw tooMany();
    });
  }

  /** What a change comes to in a configuration that does not change meanwhile. */
  async #plan(state: ConfigurationState, plan: Plan, { context, options }: AskedChange): Promise<Outcome> {
    // Deployments look at what they would change first: they may always let go of a route.
    if (options.byDeployment !== true) this.#refuseIfOwnedByFile(context);
    const proposal = await plan(state);
    if (options.byDeployment === true && !isAsItWas(state, proposal)) this.#refuseIfOwnedByFile(context);
    return this.#check(state, proposal, context);
  }

  /** Makes live what was worked out for the configuration as it is; undefined when another was faster after all. */
  async #settle(checked: Outcome, context: CheckContext, options: ChangeOptions): Promise<Outcome | undefined> {
    const { byDeployment = false, restoredFrom } = options;
    if (!byDeployment) this.#refuseIfOwnedByFile(context);
    const { outcome, guards } = await this.#gate(this.#state, checked, { context, options });
    if (outcome.changed) return (await this.#store(outcome, context, { restoredFrom, guards })) ? outcome : undefined;
    // Nothing for the nodes, but what goes along with it is to be kept all the same.
    if (byDeployment) await this.#options.store.commit((await context.alongside?.(outcome)) ?? []);
    return outcome;
  }

  #isAt({ revision, lineage, revisionAt }: Position): boolean {
    const at = this.#state;
    return revision === at.revision && lineage === at.lineage && revisionAt === at.revisionAt;
  }

  /** What a change has to pass before it goes live. A dry run is told what it would not pass. */
  async #gate(
    state: ConfigurationState,
    outcome: Outcome,
    { context: { author, emergency, dryRun }, options }: AskedChange,
  ): Promise<{ readonly outcome: Outcome; readonly guards: readonly Write[] }> {
    const { changes, problems } = outcome;
    // A file holds as it is; what the program itself brings in is the first configuration there is.
    const isAsked = author.kind === 'user' || author.kind === 'apiKey';
    if (!isAsked || options.byDeployment === true || emergency === true || changes.length === 0)
      return { outcome, guards: [] };
    const routes = () => state.all('route').map(({ document }) => document);
    const routesUsing = (id: string) => state.usersOf(id).map((used) => state.get('route', used)!.document);
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

  async #check(state: ConfigurationState, proposal: Proposal, { dryRun, isChecked }: CheckContext): Promise<Outcome> {
    const reader = isChecked === true ? readAlready : this.#options.reader;
    const { changes, problems, conflicts, warnings } = await checkProposal(proposal, {
      state,
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
    const revision = state.revision + (makesRevision ? 1 : 0);
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

function requireRevision({ revision }: ConfigurationState, { ifMatch }: ChangeContext): void {
  if (ifMatch !== undefined && ifMatch !== revision) throw new StaleError('the configuration', revision);
}

/** Nothing but splits would go. */
function isAsItWas(state: ConfigurationState, { puts }: Proposal): boolean {
  return puts.every(({ id = '', document }) => {
    const current = state.get('route', id)?.document;
    return current !== undefined && isDeepStrictEqual(withoutSplit(current), document);
  });
}

function tooMany(): ConfigurationConflictError {
  return new ConfigurationConflictError('too many changes at the same time: try again');
}
