import type { Explanation, FollowedRequests, RequestFilter } from '@sluice/model';
import { isFollowed } from '@sluice/model/is-followed';
import type { Question } from '../explain/explain.ts';
import type { BackendChange } from '../forward/worker-context.ts';
import type { FetchAnswer } from '../policy/authentication/jwt/fetched-keys.ts';
import type { Logger } from '@sluice/service';
import type { SpanSink } from '@sluice/service/otlp';
import { Worker } from 'node:worker_threads';
import { portionsOf } from '../compile/plan.ts';
import type { PreparedPlan, SnapshotPlan } from '../compile/plan.ts';
import type { NodeState } from '../state/index.ts';
import type { RedisChanges } from './redis-changes.ts';
import type {
  Certificate,
  Explained,
  FromWorker,
  HandedSpans,
  LogSettings,
  NamedText,
  ToWorker,
  Warmth,
  WorkerStart,
} from './messages.ts';

/** What the workers of a node need to start, and to start again. */
export interface WorkerSetOptions {
  readonly count: number;
  readonly start: Omit<WorkerStart, 'index'>;
  readonly state: NodeState;
  readonly log: Logger;
  /** What a new worker has to apply first. */
  readonly whole: () => SnapshotPlan;
  readonly certificates: () => readonly Certificate[];
  /** The texts of the files and key sets that routes name. */
  readonly files: () => readonly NamedText[];
  readonly logging: () => LogSettings;
  /** A route could not be compiled. */
  readonly onFault: (routeName: string, reason: string) => void;
  /** Traffic has brought something about at a backend. */
  readonly backendChanged: (change: BackendChange) => void;
  /** A token names a key that is not in this key set. Never rejects. */
  readonly askKeys: (name: string) => Promise<FetchAnswer>;
  readonly redis: RedisChanges;
  /** Takes the spans of requests. */
  readonly spans: SpanSink | undefined;
}

interface Follower {
  readonly filter: RequestFilter;
  readonly listener: (news: FollowedRequests) => void;
}

interface Waiter {
  readonly done: () => boolean;
  readonly generation: number;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

interface Member {
  readonly index: number;
  worker: Worker;
  /** Resolves when `worker` has ended. */
  ended: Promise<void>;
  applied: number;
  /** The generation whose routes it was sent last. */
  prepared: number;
  listening: boolean;
  drained: boolean;
  /** What it said last about the candidates of deployments. */
  warmth: Warmth | undefined;
  /** Crashes in a row without having listened for a while. */
  crashes: number;
}

const youngGenerationMb = 8;
/** A worker that has ended in the meantime never answers. */
const longestExplanationMs = 20_000;
/** Crashes before the very first configuration after which starting the node fails. */
const mostFailedStarts = 3;
const longestPauseMs = 5_000;

/** The data plane workers of a node: hands them snapshots, and replaces one that crashes while the others go on. */
export class WorkerSet {
  readonly #options: WorkerSetOptions;
  readonly #members: Member[] = [];
  #waiters: Waiter[] = [];
  #stopping = false;
  #restarts = 0;
  readonly #followers = new Set<Follower>();
  #lastQuestion = 0;
  readonly #questions = new Map<number, PromiseWithResolvers<Explanation> & { readonly timer: NodeJS.Timeout }>();

  constructor(options: WorkerSetOptions) {
    this.#options = options;
  }

  /** Starts all workers; resolves when each of them listens. Rejects when one cannot. */
  async start(): Promise<void> {
    for (let index = 0; index < this.#options.count; index++) {
      this.#members.push({
        index,
        ...this.#spawn(index),
        applied: 0,
        prepared: 0,
        listening: false,
        drained: false,
        warmth: undefined,
        crashes: 0,
      });
    }
    for (const member of this.#members) this.#welcome(member);
    await this.#until(() => this.#members.every((member) => member.listening));
  }

  /** Lets every worker compile a snapshot, and serve what it serves: `commit` or `discard` has to follow. */
  prepare(plan: PreparedPlan): void {
    sendRoutes(plan, this.#members);
    for (const member of this.#members) member.prepared = plan.generation;
  }

  /** Drops what was prepared. */
  discard(): void {
    for (const { worker } of this.#members) tell(worker, { type: 'discard' });
  }

  /**
   * Makes live what was prepared; resolves when every worker serves it. A worker that took the place of another since then
   * is sent all there is; one that is being replaced gets it on its start.
   */
  async commit(plan: SnapshotPlan): Promise<void> {
    for (const member of this.#members) {
      if (member.prepared === plan.generation) sendCommit(plan, [member]);
      // What it was welcomed with has routes that are gone now.
      else send({ ...this.#options.whole(), removed: plan.removed }, [member]);
    }
    await this.#until(() => this.#members.every((member) => member.applied >= plan.generation), plan.generation);
  }

  /** Exchanges the certificates of all workers. */
  replaceCertificates(certificates: readonly Certificate[]): void {
    for (const { worker } of this.#members) tell(worker, { type: 'certificates', certificates });
  }

  /** Tells all workers what a file says. */
  putFile(file: NamedText): void {
    for (const { worker } of this.#members) tell(worker, { type: 'file', ...file });
  }

  /** Tells all workers what the log is to have. */
  setLogging(settings: LogSettings): void {
    for (const { worker } of this.#members) tell(worker, { type: 'logging', ...settings });
  }

  /** Makes all workers open their access log anew. */
  reopenLogs(): void {
    for (const { worker } of this.#members) tell(worker, { type: 'reopen-logs' });
  }

  /** Asks one of the workers what would happen to a request. Rejects when none can tell. */
  explain(question: Question): Promise<Explanation> {
    const member = this.#members.find(({ listening }) => listening);
    if (member === undefined) return Promise.reject(new Error('no worker is running'));
    const id = ++this.#lastQuestion;
    const asked = Promise.withResolvers<Explanation>();
    const timer = setTimeout(() => this.#explained({ id, explanation: undefined }), longestExplanationMs);
    this.#questions.set(id, { ...asked, timer });
    tell(member.worker, { type: 'explain', id, question });
    return asked.promise;
  }

  /** Tells of requests that have ended, on any worker, until the function that it returns is called. */
  follow(filter: RequestFilter, listener: (news: FollowedRequests) => void): () => void {
    const follower = { filter, listener };
    this.#followers.add(follower);
    this.#tellFollowed();
    return () => {
      if (this.#followers.delete(follower)) this.#tellFollowed();
    };
  }

  #tellFollowed(): void {
    const filters = this.#filters();
    for (const { worker } of this.#members) tell(worker, { type: 'follow', filters });
  }

  #filters(): RequestFilter[] {
    return Array.from(this.#followers, ({ filter }) => filter);
  }

  #followed({ requests, dropped }: FollowedRequests): void {
    for (const { filter, listener } of this.#followers) {
      const own = requests.filter((request) => isFollowed(filter, request));
      if (own.length > 0 || dropped > 0) listener({ requests: own, dropped });
    }
  }

  #explained({ id, explanation }: Pick<Explained, 'id' | 'explanation'>): void {
    const question = this.#questions.get(id);
    if (question === undefined) return;
    this.#questions.delete(id);
    clearTimeout(question.timer);
    if (explanation === undefined) question.reject(new Error('the worker could not explain the request'));
    else question.resolve(explanation);
  }

  /** Makes all workers open the connections of both versions of these routes. */
  warm(round: number, routeNames: readonly string[]): void {
    for (const { worker } of this.#members) tell(worker, { type: 'warm', round, routeNames });
  }

  /**
   * What stands in the way of the candidate of a route on any worker, each thing once; undefined before all of them have
   * answered a call of `warm` of this round or a later one.
   */
  coldness(round: number, routeName: string): readonly string[] | undefined {
    const problems = new Set<string>();
    for (const { listening, warmth } of this.#members) {
      const own = warmth !== undefined && warmth.round >= round ? warmth.problems[routeName] : undefined;
      if (!listening || own === undefined) return undefined;
      for (const problem of own) problems.add(problem);
    }
    return [...problems];
  }

  /** Stops accepting; resolves when the last exchange of every worker is over, or after `drainMs`. */
  async drain(drainMs: number): Promise<void> {
    this.#stopping = true;
    for (const { worker } of this.#members) tell(worker, { type: 'drain', drainMs });
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => (timer = setTimeout(resolve, drainMs)));
    await Promise.race([this.#until(() => this.#members.every((member) => member.drained)), late]);
    clearTimeout(timer);
  }

  /** Ends all workers. */
  async stop(): Promise<void> {
    this.#stopping = true;
    for (const { worker } of this.#members) tell(worker, { type: 'stop' });
    const force = setTimeout(() => void Promise.all(this.#members.map(({ worker }) => worker.terminate())), 2_000);
    await Promise.all(this.#members.map(({ ended }) => ended));
    clearTimeout(force);
    this.#fail(new Error('the workers have ended'));
  }

  /** Workers that serve now. */
  get running(): number {
    return this.#members.filter((member) => member.listening).length;
  }

  /** How often a worker was replaced. */
  get restarts(): number {
    return this.#restarts;
  }

  #spawn(index: number): Pick<Member, 'worker' | 'ended'> {
    const worker = new Worker(new URL('./worker.ts', import.meta.url), {
      workerData: { ...this.#options.start, index } satisfies WorkerStart,
      name: `data-plane-${index}`,
      // What an exchange allocates is gone when it ends: a small nursery costs nothing per request, and saves memory.
      resourceLimits: { maxYoungGenerationSizeMb: youngGenerationMb },
    });
    worker.on('message', (message: FromWorker) => this.#heard(this.#members[index], message));
    worker.on('error', (error: Error) =>
      this.#options.log.error('a worker failed', { worker: index, reason: error.stack ?? error.message }),
    );
    worker.on('exit', () => this.#gone(this.#members[index], worker));
    return { worker, ended: new Promise((resolve) => worker.once('exit', () => resolve())) };
  }

  #welcome(member: Member): void {
    const plan = this.#options.whole();
    this.#options.state.vitals.setOldest(member.index, plan.generation);
    tell(member.worker, { type: 'logging', ...this.#options.logging() });
    tell(member.worker, { type: 'certificates', certificates: this.#options.certificates() });
    for (const file of this.#options.files()) tell(member.worker, { type: 'file', ...file });
    if (this.#followers.size > 0) tell(member.worker, { type: 'follow', filters: this.#filters() });
    send(plan, [member]);
  }

  #heard(member: Member, message: FromWorker): void {
    switch (message.type) {
      case 'applied':
        member.applied = message.generation;
        break;
      case 'listening':
        member.listening = true;
        member.crashes = 0;
        break;
      case 'drained':
        member.drained = true;
        break;
      case 'warmth':
        member.warmth = message;
        break;
      case 'followed':
        return this.#followed(message);
      case 'explained':
        return this.#explained(message);
      case 'fault':
        this.#options.onFault(message.routeName, message.reason);
        break;
      case 'redis':
        this.#options.redis.heard(member.index, message.reason);
        break;
      case 'backend-changed':
        this.#options.backendChanged(message.change);
        break;
      case 'spans':
        return this.#takeSpans(member.worker, message);
      case 'ask-keys':
        void this.#askKeys(member.worker, message.name);
        break;
      case 'log':
        this.#options.log[message.level](message.message, { worker: member.index, ...message.fields });
        break;
      case 'failed':
        this.#options.log.error('a worker could not carry out a command', {
          worker: member.index,
          reason: message.message,
        });
        this.#fail(new Error(message.message), message.generation);
    }
    this.#settle();
  }

  #takeSpans(worker: Worker, { bytes, spans, dropped }: HandedSpans): void {
    const giveBack = (): void => tell(worker, { type: 'spans-buffer', buffer: bytes.buffer }, [bytes.buffer]);
    this.#options.spans?.add(bytes, spans, giveBack);
    this.#options.spans?.lost(dropped);
    tell(worker, { type: 'spans-taken' });
  }

  async #askKeys(worker: Worker, name: string): Promise<void> {
    const answer = await this.#options.askKeys(name);
    tell(worker, { type: 'keys-asked', name, answer });
  }

  /** A worker is gone. Unless the node stops, what it held is taken back and another takes its place. */
  #gone(member: Member, worker: Worker): void {
    if (member.worker !== worker) return;
    member.listening = false;
    member.drained = true;
    this.#settle();
    if (this.#stopping) return;
    this.#options.state.forgetWorker(member.index);
    this.#options.redis.forget(member.index);
    this.#restarts++;
    // The first replacement comes at once; one that keeps failing gets longer and longer pauses.
    if (member.applied === 0 && member.crashes === mostFailedStarts) this.#fail(new Error('a worker does not start'));
    const pause = member.crashes === 0 ? 0 : Math.min(longestPauseMs, 100 * 2 ** member.crashes);
    member.crashes++;
    this.#options.log.error('a worker crashed and is being replaced', { worker: member.index, pause });
    setTimeout(() => {
      if (this.#stopping) return;
      Object.assign(member, this.#spawn(member.index), { prepared: 0, drained: false, warmth: undefined });
      this.#welcome(member);
    }, pause);
  }

  /** Waits for a condition; `generation` is what is waited for, if it is one. */
  #until(done: () => boolean, generation = 0): Promise<void> {
    if (done()) return Promise.resolve();
    return new Promise((resolve, reject) => this.#waiters.push({ done, generation, resolve, reject }));
  }

  #settle(): void {
    const ready = this.#waiters.filter(({ done }) => done());
    this.#waiters = this.#waiters.filter((waiter) => !ready.includes(waiter));
    for (const { resolve } of ready) resolve();
  }

  /** Fails whoever waits: for this generation or an older one, if it is one that failed. */
  #fail(error: Error, generation = Infinity): void {
    const failed = this.#waiters.filter((waiter) => waiter.generation <= generation);
    this.#waiters = this.#waiters.filter((waiter) => waiter.generation > generation);
    for (const { reject } of failed) reject(error);
  }
}

function send(plan: SnapshotPlan, members: readonly Member[]): void {
  sendRoutes(plan, members);
  sendCommit(plan, members);
}

/** Hands routes to workers, each portion as one text for all: cloning it for each takes several times as long. */
function sendRoutes({ proxy, upserts, removed }: PreparedPlan, members: readonly Member[]): void {
  for (const portion of portionsOf(upserts)) {
    const plans = JSON.stringify(portion);
    for (const { worker } of members) tell(worker, { type: 'routes', plans, proxy });
  }
  for (const { worker } of members) tell(worker, { type: 'complete', removed });
}

function sendCommit({ generation, revision, removed, proxy }: SnapshotPlan, members: readonly Member[]): void {
  for (const { worker } of members) tell(worker, { type: 'commit', generation, revision, removed, proxy });
}

function tell(worker: Worker, message: ToWorker, transferred: ArrayBuffer[] = []): void {
  worker.postMessage(message, transferred);
}
