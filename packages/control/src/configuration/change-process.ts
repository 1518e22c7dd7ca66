import { firstProblems } from '@sluice/model';
import { isDeepStrictEqual } from 'node:util';
import { createPause } from '@sluice/service';
import type { Store, Write } from '../store/store.ts';
import type { ChangeGate } from './change-gate.ts';
import { checkProposal } from './check-proposal.ts';
import type { ConfigurationState } from './configuration-state.ts';
import type { ApplyContext } from './configuration.ts';
import type { CurrentState } from './current-state.ts';
import { readAlready } from './document-reader.ts';
import type { DocumentReader } from './document-reader.ts';
import type { ChangeContext, Outcome, Owner } from './entities.ts';
import { ConfigurationConflictError, ValidationError } from './errors.ts';
import type { Proposal } from './proposal.ts';
import { revisionWrites } from './revision-writes.ts';
import { withoutSplit } from './without-split.ts';

/** What changes are made with. */
export interface ChangeProcessOptions {
  readonly store: Store;
  readonly reader: DocumentReader;
  /** What changes of people and programs have to pass, unless they are an emergency or come by a deployment. */
  readonly gate: ChangeGate;
  /** The file of another process that owns the routes, in a few words. */
  readonly fileElsewhere?: () => string | undefined;
}

/** How a change differs from an ordinary one. */
export interface ChangeOptions {
  /** The revision that it brings back. */
  readonly restoredFrom?: number | undefined;
  /** A deployment makes it: its other writes are stored even when no route changes, and it may always give a route back. */
  readonly byDeployment?: boolean;
  /** It is one of a deployment of the file that owns the routes. */
  readonly isOfFile?: boolean;
  /** It may touch the whole configuration, so it is worked out on a copy while others read and change. */
  readonly isLarge?: boolean;
}

/** Works out a proposal from the current configuration. */
export type Plan = (state: ConfigurationState) => Proposal | Promise<Proposal>;

type CheckContext = ChangeContext & Pick<ApplyContext, 'isChecked'>;

interface AskedChange {
  readonly context: CheckContext;
  readonly options: ChangeOptions;
}

/** How often an overtaken large change is worked out anew on a copy, before it makes all others wait. */
const attemptsBeside = 3;

/** The steps of every change: plan, check, pass the gate, store. */
export class ChangeProcess {
  #owner: Owner = { kind: 'api' };
  readonly #options: ChangeProcessOptions;
  readonly #current: CurrentState;

  constructor(current: CurrentState, options: ChangeProcessOptions) {
    this.#current = current;
    this.#options = options;
  }

  /** The API owns the routes once no process has them in its file. */
  get owner(): Owner {
    const file = this.#owner.kind === 'api' ? this.#options.fileElsewhere?.() : undefined;
    return file === undefined ? this.#owner : { kind: 'file', file };
  }

  set owner(owner: Owner) {
    this.#owner = owner;
  }

  /**
   * Makes a change, and starts again when another process was faster. A dry run and a large change are worked out on a
   * copy, while others read and change. A large change is stored if the revision of the copy is still the current one.
   */
  async run(context: CheckContext, plan: Plan, options: ChangeOptions = {}): Promise<Outcome> {
    const { isLarge = false } = options;
    const current = this.#current;
    for (let attempt = 1; context.dryRun === true || (isLarge && attempt <= attemptsBeside); attempt++) {
      const state = await current.alone(() => current.state.copy());
      const checked = await this.#plan(state, plan, { context, options });
      if (context.dryRun === true) return (await this.#gate(state, checked, { context, options })).outcome;
      const stored = await current.alone(() =>
        current.isAt(state) ? this.#settle(checked, context, options) : undefined,
      );
      if (stored !== undefined) return stored;
    }
    return current.untilStored(async () => {
      const checked = await this.#plan(current.state, plan, { context, options });
      return this.#settle(checked, context, options);
    });
  }

  /** Works out and checks a change. The state must not change meanwhile. */
  async #plan(state: ConfigurationState, plan: Plan, { context, options }: AskedChange): Promise<Outcome> {
    // A deployment may always give a route back, so what it proposes is looked at first.
    if (options.byDeployment !== true) this.#refuseIfOwnedByFile(context, options);
    const proposal = await plan(state);
    if (options.byDeployment === true && !isAsItWas(state, proposal)) this.#refuseIfOwnedByFile(context, options);
    return this.#check(state, proposal, context);
  }

  /** Makes a checked change live; undefined when another process was faster. */
  async #settle(checked: Outcome, context: CheckContext, options: ChangeOptions): Promise<Outcome | undefined> {
    const { byDeployment = false, restoredFrom } = options;
    if (!byDeployment) this.#refuseIfOwnedByFile(context, options);
    const { state } = this.#current;
    const { outcome, guards } = await this.#gate(state, checked, { context, options });
    const { revision, changes, at = '' } = outcome;
    if (outcome.changed) {
      const writes = await revisionWrites(outcome, { at, context, restoredFrom, state });
      const alongside = (await context.alongside?.(outcome)) ?? [];
      const isStored = await this.#current.store(
        { revision, at, changes },
        [...writes, ...guards, ...alongside],
        guards,
      );
      return isStored ? outcome : undefined;
    }
    // Nothing changes for the nodes, but the other writes of a deployment are stored all the same.
    if (byDeployment) await this.#options.store.commit((await context.alongside?.(outcome)) ?? []);
    return outcome;
  }

  /** Holds a change against the gate before it goes live. A dry run reports a refusal as a problem. */
  async #gate(
    state: ConfigurationState,
    outcome: Outcome,
    { context: { author, emergency, dryRun }, options }: AskedChange,
  ): Promise<{ readonly outcome: Outcome; readonly guards: readonly Write[] }> {
    const { changes, problems } = outcome;
    // The gate is for people and programs: a file is applied as it is, and the system itself only seeds an empty store.
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

  #refuseIfOwnedByFile({ author }: ChangeContext, { isOfFile = false }: ChangeOptions): void {
    if (this.owner.kind === 'api' || author.kind === 'file' || isOfFile) return;
    const { file } = this.owner;
    throw new ConfigurationConflictError(
      `routes and backends are owned by ${file}: change them there. To manage them here from now on, without a restart: ` +
        `sluice export routes.yaml, save ${file} without the keys "routes", "backends" and "changes", sluice deploy routes.yaml`,
    );
  }

  async #check(state: ConfigurationState, proposal: Proposal, { dryRun, isChecked }: CheckContext): Promise<Outcome> {
    const reader = isChecked === true ? readAlready : this.#options.reader;
    const { changes, problems, conflicts, warnings } = await checkProposal(proposal, {
      state,
      reader,
      pause: createPause(),
      // Warnings of a file are given when it is read, those of a deployment when it is requested.
      warns: isChecked !== true && proposal.byDeployment !== true,
    });
    if (dryRun !== true && problems.length > 0) {
      // Problems are reported field by field. A conflict without a field is reported when there are no problems.
      throw new ValidationError([...problems, ...conflicts.filter(({ path }) => path.length > 0)]);
    }
    if (dryRun !== true && conflicts.length > 0) throw new ConfigurationConflictError(conflicts[0].message);
    const all = firstProblems(problems, conflicts);
    const changed = changes.length > 0 && all.length === 0;
    const makesRevision = changed && dryRun !== true;
    const revision = state.revision + (makesRevision ? 1 : 0);
    const at = makesRevision ? this.#current.nextAt() : undefined;
    return { revision, changed, at, changes, problems: all, warnings };
  }
}

/** Whether a proposal takes splits away and changes nothing else. */
function isAsItWas(state: ConfigurationState, { puts }: Proposal): boolean {
  return puts.every(({ id = '', document }) => {
    const current = state.get('route', id)?.document;
    return current !== undefined && isDeepStrictEqual(withoutSplit(current), document);
  });
}
