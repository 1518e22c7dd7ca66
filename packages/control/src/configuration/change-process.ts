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
}

/** What is special about a change. */
export interface ChangeOptions {
  /** The revision that it brings back. */
  readonly restoredFrom?: number | undefined;
  /** What goes along with it is stored even when no route changes, and it may always let go of a route. */
  readonly byDeployment?: boolean;
  /** It may touch all there is: it is worked out beside everything else. */
  readonly isLarge?: boolean;
}

/** Works out from the configuration as it is what shall be. */
export type Plan = (state: ConfigurationState) => Proposal | Promise<Proposal>;

type CheckContext = ChangeContext & Pick<ApplyContext, 'isChecked'>;

interface AskedChange {
  readonly context: CheckContext;
  readonly options: ChangeOptions;
}

/** How often large work that is overtaken is done anew beside everything else, before it makes all else wait. */
const attemptsBeside = 3;

/** The steps of a change, the same for everybody: look, plan, check, pass the gate, store. */
export class ChangeProcess {
  owner: Owner = { kind: 'api' };
  readonly #options: ChangeProcessOptions;
  readonly #current: CurrentState;

  constructor(current: CurrentState, options: ChangeProcessOptions) {
    this.#current = current;
    this.#options = options;
  }

  /**
   * Makes a change; once more from the start when another was faster. A dry run and a large change are worked out on a
   * copy, while others read and change; the change holds if the revision that it was made for still is the last one.
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
    // Nothing for the nodes, but what goes along with it is to be stored all the same.
    if (byDeployment) await this.#options.store.commit((await context.alongside?.(outcome)) ?? []);
    return outcome;
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
    if (this.owner.kind === 'api' || author.kind === 'file') return;
    const { file } = this.owner;
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
    const at = makesRevision ? this.#current.nextAt() : undefined;
    return { revision, changed, at, changes, problems: all, warnings };
  }
}

/** Nothing but splits would go. */
function isAsItWas(state: ConfigurationState, { puts }: Proposal): boolean {
  return puts.every(({ id = '', document }) => {
    const current = state.get('route', id)?.document;
    return current !== undefined && isDeepStrictEqual(withoutSplit(current), document);
  });
}
