import { minimalBackend, minimalRoute } from '@sluice/model';
import type { BackendDocument, Problem, RouteDocument, Unchecked } from '@sluice/model';
import { createPause } from '@sluice/service';
import type { Store, Write } from '../store/store.ts';
import { ChangeProcess } from './change-process.ts';
import type { ChangeProcessOptions } from './change-process.ts';
import type { ConfigurationState } from './configuration-state.ts';
import type { ApplyContext, Configuration, DeployContext, DeployedDocument } from './configuration.ts';
import { CurrentState } from './current-state.ts';
import type { CurrentStateOptions } from './current-state.ts';
import type {
  BackendEntity,
  ChangeContext,
  ConfigurationChanges,
  Entity,
  EntityChange,
  LiveDocuments,
  Outcome,
  Owner,
  WholeConfiguration,
} from './entities.ts';
import { StaleError } from './errors.ts';
import { contentAt, differenceBetween, getRevision, changesBetween, listRevisions, netChanges } from './history.ts';
import * as propose from './proposal.ts';
import { ProposedWarnings } from './route-warnings.ts';
import { withoutSplit } from './without-split.ts';

/** What a configuration works with. */
export type ConfigurationOptions = CurrentStateOptions & ChangeProcessOptions;

/** Opens the configuration that a store keeps. Rejects with the store's errors. */
export async function openConfiguration(options: ConfigurationOptions): Promise<Configuration> {
  const configuration = new StoredConfiguration(options);
  await configuration.refresh();
  return configuration;
}

class StoredConfiguration implements Configuration {
  readonly #store: Store;
  readonly #current: CurrentState;
  readonly #changes: ChangeProcess;

  constructor(options: ConfigurationOptions) {
    this.#store = options.store;
    this.#current = new CurrentState(options);
    this.#changes = new ChangeProcess(this.#current, options);
  }

  get revision(): number {
    return this.#current.state.revision;
  }

  get lineage(): string {
    return this.#current.state.lineage;
  }

  get revisionAt(): string | undefined {
    return this.#current.state.revisionAt;
  }

  get owner(): Owner {
    return this.#changes.owner;
  }

  setOwner(owner: Owner): void {
    this.#changes.owner = owner;
  }

  refresh(): Promise<void> {
    return this.#current.refresh();
  }

  routes(): readonly Entity<'route'>[] {
    return this.#current.state.all('route');
  }

  route(id: string): Entity<'route'> | undefined {
    return this.#current.state.get('route', id);
  }

  backends(query: { offset: number; limit: number; matches?: (backend: BackendEntity) => boolean }) {
    return this.#current.state.backends(query);
  }

  backend(id: string): BackendEntity | undefined {
    return this.#current.state.backend(id);
  }

  sharedBackend(id: string): Entity<'backend'> | undefined {
    return this.#current.state.get('backend', id);
  }

  sharedBackendIds(): readonly string[] {
    return this.#current.state.ids('backend');
  }

  createRoute(document: Unchecked<RouteDocument>, context: ChangeContext): Promise<Outcome> {
    return this.#changes.run(context, (state) => propose.createRoute(state, document));
  }

  updateRoute(id: string, patch: Unchecked<RouteDocument>, context: ChangeContext): Promise<Outcome> {
    return this.#changes.run(context, (state) => propose.updateRoute(state, id, patch, context.ifMatch));
  }

  removeRoute(id: string, context: ChangeContext): Promise<Outcome> {
    return this.#changes.run(context, (state) => propose.removeRoute(state, id, context.ifMatch));
  }

  createBackend(
    document: Unchecked<BackendDocument>,
    context: ChangeContext & { readonly routeId?: string | undefined },
  ): Promise<Outcome> {
    const { routeId } = context;
    return this.#changes.run(context, (state) =>
      routeId === undefined
        ? propose.createBackend(state, document)
        : propose.addOwnedBackend(state, routeId, document),
    );
  }

  updateBackend(id: string, patch: Unchecked<BackendDocument>, context: ChangeContext): Promise<Outcome> {
    return this.#changes.run(context, (state) => propose.updateBackend(state, id, patch, context.ifMatch));
  }

  removeBackend(id: string, context: ChangeContext): Promise<Outcome> {
    return this.#changes.run(context, (state) => propose.removeBackend(state, id, context.ifMatch));
  }

  apply(whole: Parameters<Configuration['apply']>[0], context: ApplyContext): Promise<Outcome> {
    return this.#changes.run(
      context,
      (state) => {
        requireRevision(state, context);
        const given = typeof whole === 'function' ? whole(liveIn(state)) : whole;
        const proposal = propose.importWhole(state, given, context.prune);
        return context.author.kind === 'file' ? { ...proposal, byFile: true } : proposal;
      },
      // What was checked already is soon done.
      { isLarge: context.isChecked !== true },
    );
  }

  async export(): Promise<WholeConfiguration> {
    const [routes, backends] = [this.#current.state.all('route'), this.#current.state.all('backend')];
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
    return listRevisions(this.#store, page);
  }

  async readRevision(number: number) {
    const revision = await getRevision(this.#store, number);
    const changes = netChanges(await changesBetween(this.#store, number - 1, number));
    return { revision, changes };
  }

  difference(from: number, to: number): Promise<readonly EntityChange[]> {
    return differenceBetween(this.#store, from, to);
  }

  restore(number: number, context: ChangeContext): Promise<Outcome> {
    const reason = context.reason ?? `restored from revision ${number}`;
    return this.#changes.run(
      { ...context, reason },
      async (state) => {
        requireRevision(state, context);
        const { routes, backends } = await contentAt(this.#store, state, number);
        return propose.importWhole(state, { routes: routes.map(withoutSplit), backends }, true);
      },
      { restoredFrom: number, isLarge: true },
    );
  }

  async deploy(
    plan: (route: (id: string) => Entity<'route'> | undefined) => readonly DeployedDocument<Unchecked<RouteDocument>>[],
    context: DeployContext,
  ): Promise<Outcome> {
    return this.#changes.run(context, (state) => propose.deployed(plan((id) => state.get('route', id))), {
      byDeployment: true,
      isOfFile: context.isOfFile === true,
    });
  }

  warnings(routes: readonly DeployedDocument[]): readonly (readonly Problem[])[] {
    const ids = new Set(routes.map(({ routeId }) => routeId));
    const documents = routes.map(({ document }) => document);
    const found = new ProposedWarnings(
      { ids, documents },
      {
        state: this.#current.state,
        backend: (id) => this.#current.state.get('backend', id)?.document,
      },
    );
    return documents.map((document) => found.of(document));
  }

  confirm(alongside: (revision: number) => readonly Write[]): Promise<number> {
    return this.#current.untilStored(async () => {
      const { revision } = this.#current.state;
      const isStored = await this.#current.store({ revision, at: this.#current.nextAt() }, alongside(revision));
      return isStored ? revision : undefined;
    });
  }

  changesSince(revision: number, lineage: string | undefined, revisionAt?: string): ConfigurationChanges {
    return this.#current.changesSince({ revision, lineage, revisionAt });
  }

  onRevision(listener: (revision: number) => void): () => void {
    return this.#current.onRevision(listener);
  }
}

function liveIn(state: ConfigurationState): LiveDocuments {
  return {
    routes: new Map(state.all('route').map(({ id, document }) => [id, document])),
    backends: new Map(state.all('backend').map(({ id, document }) => [id, document])),
  };
}

function requireRevision({ revision }: ConfigurationState, { ifMatch }: ChangeContext): void {
  if (ifMatch !== undefined && ifMatch !== revision) throw new StaleError('the configuration', revision);
}
