import { encodeBackend, encodeRoute, planChanges } from '@sluice/model';
import type { ChangePlan, FileChanges, GatewayConfig, PlanInput } from '@sluice/model';
import { messageOf, Turns } from '@sluice/service';
import type { Logger } from '@sluice/service';
import type { Author, Configuration, LiveDocuments, Outcome } from '../configuration/index.ts';
import { findDeployment } from '../deployment/index.ts';
import type { Deployments } from '../deployment/index.ts';
import { ConflictError, StoreUnavailableError } from '../store/index.ts';
import type { Store, Write } from '../store/index.ts';
import { digest, digestOfFile } from './digest.ts';
import { notLiveOf } from './not-live.ts';
import type { NotLive, PlaceOf, TrialsNow } from './not-live.ts';
import { arrive, behind, noSaves } from './save-history.ts';
import type { SaveHistory } from './save-history.ts';
import { checkOf, exchange, readHistory, untilNotOvertaken, withoutTrials } from './stored-history.ts';
import type { StoredHistory } from './stored-history.ts';
import { TrialLog } from './trial-log.ts';
import { trialsOf } from './trials.ts';

/** The routes and backends of a configuration file that was found valid. */
export interface FileContent extends Pick<GatewayConfig, 'routes' | 'backends' | 'changes'> {
  /** Where a route stands in the file, such as `sluice.yaml:12-19`. */
  readonly placeOf?: PlaceOf | undefined;
}

export interface SavedFileOptions {
  readonly store: Store;
  readonly configuration: Configuration;
  readonly deployments: Deployments;
  /** The environment of a route that names none. */
  readonly environment: string;
  /** Tells this process from others that use the store; the same after a restart. */
  readonly process: string;
  /** The audit entry of what goes live at once. */
  readonly auditOf: (author: Author) => (outcome: Outcome) => readonly Write[];
  /** Milliseconds since 1970. */
  readonly clock: () => number;
  readonly log: Logger;
  /** Milliseconds between two looks at what others have stored. */
  readonly everyMs?: number;
}

/** What became of a saved file. */
export interface SaveOutcome extends Pick<Outcome, 'revision' | 'changes'> {
  /** Something went live. */
  readonly changed: boolean;
  /** A trial began or ended. */
  readonly isTrial: boolean;
}

/** How much of the file is live. */
export interface FileStatus {
  /** As the user wrote it. */
  readonly file: string;
  /** How many saves the file of this process is behind those that other processes have. */
  readonly behind: number;
  /** The routes that the file has in another version than the one that serves. */
  readonly notLive: readonly NotLive[];
}

interface Current {
  readonly file: string;
  readonly content: string;
  readonly documents: PlanInput['file'];
  readonly changes: FileChanges;
  readonly placeOf: PlaceOf;
}

/** A file that is written over and over begins no more trials than this in ten seconds. Its newest content begins one after that. */
const mostTrials = 5;
const trialsMs = 10_000;

/**
 * Carries a file whose changes are measured to the configuration. What is in the store decides, never what this process
 * remembers: so a process that was killed goes on where it was, and several processes with one store act as one.
 */
export class SavedFile {
  readonly #options: SavedFileOptions;
  readonly #turns = new Turns();
  readonly #log: TrialLog;
  readonly #timer: NodeJS.Timeout;
  readonly #stopListening: () => void;
  #current: Current | undefined;
  #history = noSaves;
  #plan: ChangePlan | undefined;
  /** What has become of the trials of the newest save. Exchanged as a whole, so that a reader never sees half of it. */
  #trials: TrialsNow = { plan: undefined, trials: {}, deployments: new Map() };
  /** When the latest trials began. */
  #begun: readonly number[] = [];
  /** The state of the store in which nothing was left to do. */
  #settled = '';
  #lastError: string | undefined;
  #isClosed = false;

  constructor(options: SavedFileOptions) {
    this.#options = options;
    this.#log = new TrialLog(options.log);
    this.#timer = setInterval(() => void this.look(), options.everyMs ?? 2_000);
    this.#timer.unref();
    this.#stopListening = options.deployments.onChange(() => void this.look());
  }

  /** Whether changes of the file have been measured before. */
  async hasHistory(): Promise<boolean> {
    return (await readHistory(this.#options.store)).version !== 'absent';
  }

  /** Takes over what the file says. Resolves when all that goes live at once is live, and the rest has begun. */
  save({ routes, backends, changes, placeOf = nowhere }: FileContent, file: string): Promise<SaveOutcome> {
    const documents = {
      routes: new Map(routes.map((route) => [route.routeId, encodeRoute(route)])),
      backends: new Map(backends.map((backend) => [backend.backendId, encodeBackend(backend)])),
    };
    return this.#turns.run(async () => {
      this.#current = { file, documents, changes, placeOf, content: digestOfFile(documents) };
      const outcome = await this.#settle(this.#current);
      await this.#readTrials(this.#current);
      return outcome;
    });
  }

  /** The file has no routes any more. Trials go on as deployments of the API. */
  letGo(): Promise<void> {
    return this.#turns.run(async () => {
      this.#current = undefined;
    });
  }

  /** Undefined while changes of the file are not measured. */
  status(): FileStatus | undefined {
    if (this.#current === undefined || !this.#isOwner()) return undefined;
    const { file, placeOf } = this.#current;
    const missing = this.#behind();
    return { file, behind: missing, notLive: missing > 0 ? [] : notLiveOf(this.#trials, placeOf) };
  }

  /** Looks at what has become of the trials, and at what other processes have stored. Never rejects. */
  look(): Promise<void> {
    if (this.#isClosed || this.#current === undefined) return Promise.resolve();
    return this.#turns.shared(async () => {
      try {
        await this.#look();
        this.#lastError = undefined;
      } catch (error) {
        this.#complain(error);
      }
    });
  }

  /** Waits for what is under way. May be called again. */
  close(): Promise<void> {
    this.#isClosed = true;
    clearInterval(this.#timer);
    this.#stopListening();
    return this.#turns.idle();
  }

  async #look(): Promise<void> {
    if (this.#isClosed || this.#current === undefined || !this.#isOwner()) return;
    const { configuration, store } = this.#options;
    const stored = await readHistory(store);
    this.#history = stored.history;
    await configuration.refresh();
    await this.#readTrials(this.#current);
    if (this.#settled === stateOf(stored, configuration)) return;
    await this.#settle(this.#current);
    await this.#readTrials(this.#current);
  }

  /** Does what is left to do. */
  #settle(current: Current): Promise<SaveOutcome> {
    return untilNotOvertaken(() => this.#settleOnce(current));
  }

  async #settleOnce(current: Current): Promise<SaveOutcome> {
    const { configuration, deployments, environment, auditOf } = this.#options;
    const author = { kind: 'file', name: current.file } as const;
    let stored = await this.#arrive(current);
    await configuration.refresh();
    if (behind(stored.history, this.#arrival(current)) > 0) {
      this.#settled = stateOf(stored, configuration);
      return { revision: configuration.revision, changed: false, isTrial: false, changes: [] };
    }
    const check = (): Write => checkOf(stored);

    // 1. The trials that the file has moved on from: the version that serves takes over, before anything else changes.
    const { end } = planOf(current, stored.history, liveIn(configuration));
    for (const deploymentId of end) await this.#withdraw(deploymentId, current, check);

    // 2. All that goes live at once.
    const kept = withoutTrials(stored.history, end);
    const outcome = await configuration.apply((live) => planOf(current, kept, live), {
      author,
      prune: true,
      isChecked: true,
      alongside: (applied) => [...auditOf(author)(applied), check()],
    });

    // 3. The trials of what is new.
    this.#plan = planOf(current, kept, liveIn(configuration));
    const isTooOften = this.#plan.begin.length > 0 && this.#hasBegunOften();
    const begin = await trialsOf(isTooOften ? [] : this.#plan.begin, { deployments, environment, file: current.file });
    if (kept !== stored.history) stored = await this.#store(stored, kept);
    for (const { trials, ...wanted } of begin) {
      const { put, next } = exchange(stored, { ...kept, trials: { ...stored.history.trials, ...trials } });
      await deployments.createOfFile(wanted, { author, alongside: () => [put] });
      stored = next;
    }
    this.#history = stored.history;
    this.#log.unmeasured(this.#plan.unmeasured, outcome, current);
    this.#settled = isTooOften ? '' : stateOf(stored, configuration);
    const { revision } = configuration;
    const isTrial = begin.length > 0 || end.length > 0;
    return { revision, changes: outcome.changes, changed: outcome.changed, isTrial };
  }

  #hasBegunOften(): boolean {
    const now = this.#options.clock();
    this.#begun = this.#begun.filter((at) => at <= now && now - at < trialsMs);
    if (this.#begun.length >= mostTrials) return true;
    this.#begun = [...this.#begun, now];
    return false;
  }

  async #withdraw(deploymentId: string, current: Current, check: () => Write): Promise<void> {
    const { deployments } = this.#options;
    const before = await findDeployment(deployments, deploymentId);
    if (before === undefined || before.completedAt !== undefined) return;
    const author = { kind: 'file', name: current.file } as const;
    await deployments.withdraw(deploymentId, 'the file was saved again', { author, alongside: () => [check()] });
    this.#log.withdrawn(deploymentId, current);
  }

  /** Notes that this process has this content. */
  async #arrive(current: Current): Promise<StoredHistory> {
    const at = new Date(this.#options.clock()).toISOString();
    const stored = await readHistory(this.#options.store);
    const history = arrive(stored.history, { ...this.#arrival(current), at });
    this.#history = history;
    return history === stored.history ? stored : this.#store(stored, history);
  }

  async #store(stored: StoredHistory, history: SaveHistory): Promise<StoredHistory> {
    const { put, next } = exchange(stored, history);
    await this.#options.store.commit([put]);
    this.#history = history;
    return next;
  }

  /** Reads what has become of the trials, and says it in the log. */
  async #readTrials(current: Current): Promise<void> {
    const { trials } = this.#history;
    const ids = new Set(Object.values(trials).map(({ deploymentId }) => deploymentId));
    const found = await Promise.all([...ids].map((id) => findDeployment(this.#options.deployments, id)));
    const deployments = new Map(found.flatMap((one) => (one === undefined ? [] : [[one.deploymentId, one]])));
    this.#trials = { plan: this.#plan, trials, deployments };
    this.#log.tell(this.#trials, this.#behind(), current);
  }

  #complain(error: unknown): void {
    // The next look tries again. That the store is away is logged elsewhere.
    if (error instanceof StoreUnavailableError || error instanceof ConflictError) return;
    const reason = messageOf(error);
    if (reason !== this.#lastError) this.#options.log.error('the file could not be carried on', { reason });
    this.#lastError = reason;
  }

  #arrival({ content }: Current) {
    return { process: this.#options.process, content };
  }

  #behind(): number {
    return this.#current === undefined ? 0 : behind(this.#history, this.#arrival(this.#current));
  }

  #isOwner(): boolean {
    return this.#options.configuration.owner.kind === 'file';
  }
}

const nowhere: PlaceOf = () => undefined;

function planOf({ documents, changes }: Current, { trials }: SaveHistory, live: LiveDocuments): ChangePlan {
  return planChanges({ live, file: documents, changes, trials, digest });
}

function liveIn(configuration: Configuration): LiveDocuments {
  const ids = configuration.sharedBackendIds();
  return {
    routes: new Map(configuration.routes().map(({ id, document }) => [id, document])),
    backends: new Map(ids.map((id) => [id, configuration.sharedBackend(id)!.document])),
  };
}

function stateOf({ version }: StoredHistory, { revision }: Configuration): string {
  return `${version} ${revision}`;
}
