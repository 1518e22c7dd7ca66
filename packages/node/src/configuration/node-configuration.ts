import type { Clock, Logger } from '@sluice/service';
import type { AppliedConfiguration, ApplyOutcome } from './applied-configuration.ts';
import { ControlError, mayReplace } from '@sluice/model';
import type { ChangesRequest, NodeChanges, NodeFault, NodeSource, RefusedRevision } from '@sluice/model';
import { KnownConfiguration } from './known-configuration.ts';
import { messageOf } from '@sluice/service/caught-error';
import type { NodeSnapshot } from '../snapshot/snapshot-format.ts';

/** The revision that the gateway of a node runs. */
export interface RunningRevision {
  readonly revision: number;
  readonly lineage: string;
  /** Milliseconds since 1970. */
  readonly appliedAt: number;
  readonly source: Exclude<NodeSource, 'file'>;
}

export interface NodeConfigurationOptions {
  /** Makes the gateway run a configuration. An error counts as a refusal. */
  readonly apply: (configuration: AppliedConfiguration) => Promise<ApplyOutcome>;
  /** Called when another revision runs, or is refused. */
  readonly onChange: () => void;
  /** Called when a configuration from control runs: the node starts with it when control is away. */
  readonly onGood: (snapshot: NodeSnapshot) => void;
  readonly clock: Clock;
  readonly log: Logger;
}

/** How long before a refused revision is tried again when nothing newer comes, in milliseconds. */
const retryMs = 30_000;
/** The most problems in a report or a log line; a broken configuration of 10,000 routes would fill the log. */
const mostProblems = 20;

/** What a node knows and what its gateway runs. They are the same unless the gateway refused what control sent last. */
export class NodeConfiguration {
  running: RunningRevision | undefined;
  refused: RefusedRevision | undefined;
  /** What this version does not accept of the running revision; the rest runs. */
  faults: readonly NodeFault[] = [];
  /** The store is empty, or older than the configuration here, and nobody has changed or confirmed it since. */
  withheld = false;
  readonly #options: NodeConfigurationOptions;
  #known = new KnownConfiguration();
  /** The snapshot on disk, until something runs. */
  #fallback: NodeSnapshot | undefined;
  #refusedAt = 0;
  #closed = false;

  constructor(options: NodeConfigurationOptions) {
    this.#options = options;
  }

  /** What the node has: it asks for the changes since then. */
  position(): Pick<ChangesRequest, 'since' | 'lineage' | 'revisionAt' | 'withheld'> {
    const { revision: since, lineage, revisionAt } = this.#known;
    return { since, lineage, revisionAt, withheld: this.withheld };
  }

  /** Reads the snapshot on disk, without running it yet. */
  async load(snapshot: NodeSnapshot): Promise<void> {
    this.#known = await knownFrom(snapshot);
    this.#fallback = snapshot;
  }

  /** Takes an answer of control; resolves with whether it changed anything. Rejects with a ControlError when it makes no sense. */
  async take(changes: NodeChanges): Promise<boolean> {
    const { lineage, revision } = this.#known;
    const isOther = changes.lineage !== lineage;
    // The first from control, the second from one that does not know of it.
    const mayTake = mayReplace(changes, this.position());
    if (changes.withheld === true || (isOther && changes.whole && !mayTake)) return this.#withhold();
    if (isOther && !changes.whole) {
      throw new ControlError('garbage', 'control answered with a difference of another history than this node has');
    }
    this.#endWithholding();
    const isBack = !isOther && changes.revision <= revision;
    // Unless the store was taken back to before this revision, and changed since.
    if (isBack && !(changes.whole && mayTake)) return this.#confirm(changes.revision === revision);
    if (revision > 0 && (isOther || isBack)) {
      const what = isOther ? 'control has another history now' : 'what is here is ahead of the store';
      this.#options.log.warn(`${what}: taking over all that control has`, { from: revision, to: changes.revision });
    }
    await this.#known.take(changes);
    await this.#run('control');
    return true;
  }

  /** Runs the snapshot, if there is one and nothing runs yet. Never rejects. */
  async fallBack(): Promise<void> {
    if (this.running !== undefined || this.#fallback === undefined || this.refused !== undefined) return;
    await this.#run('snapshot');
  }

  /** Applies nothing from now on. */
  close(): void {
    this.#closed = true;
  }

  /** Keeps what is known; resolves with whether that is news. */
  async #withhold(): Promise<boolean> {
    const isNews = !this.withheld;
    this.withheld = true;
    if (isNews) {
      this.#options.log.warn(
        'the store is empty or older than the configuration of this node, which stays in use until the store is changed or confirmed',
        { revision: this.#known.revision },
      );
      this.#options.onChange();
    }
    await this.fallBack();
    return isNews;
  }

  #endWithholding(): void {
    if (!this.withheld) return;
    this.withheld = false;
    this.#options.log.info('the store is up to date again');
    this.#options.onChange();
  }

  /** Control has nothing newer; `isSame` when it has exactly what the node knows. */
  async #confirm(isSame: boolean): Promise<boolean> {
    const { clock, log, onChange } = this.#options;
    const { running, refused } = this;
    if (refused !== undefined) {
      if (clock.monotonic() - this.#refusedAt < retryMs) return false;
      await this.#run('control');
      return true;
    }
    if (running === undefined) {
      await this.#run(isSame ? 'control' : 'snapshot');
      return true;
    }
    if (running.source === 'control' || !isSame) return false;
    log.info('the control plane is reachable; the snapshot is current', { revision: running.revision });
    this.running = { ...running, source: 'control' };
    onChange();
    return true;
  }

  async #run(source: RunningRevision['source']): Promise<void> {
    if (this.#closed) return;
    const known = this.#known;
    const outcome = await this.#apply(known, source);
    if (outcome.ok) this.#accept(known, source);
    else await this.#refuse(known.revision, outcome.problems);
  }

  async #apply(known: KnownConfiguration, source: RunningRevision['source']): Promise<ApplyOutcome> {
    try {
      return await this.#options.apply({ ...known.ready(), source });
    } catch (error) {
      this.#options.log.error('a configuration could not be applied', { revision: known.revision, error });
      return { ok: false, problems: [messageOf(error)] };
    }
  }

  #accept(known: KnownConfiguration, source: RunningRevision['source']): void {
    const { clock, log, onGood, onChange } = this.#options;
    const { revision, lineage = '' } = known;
    if (source === 'snapshot' && this.running === undefined) {
      const until = this.withheld ? 'control has something newer' : 'control answers';
      log.warn(`serving the snapshot on disk until ${until}`, { revision });
    } else if (this.running === undefined) log.info('serving the configuration of the control plane', { revision });
    this.running = { revision, lineage, appliedAt: clock.now(), source };
    this.#tellOfFaults(known.faults());
    if (known === this.#known) this.refused = undefined;
    this.#fallback = undefined;
    if (source === 'control') onGood({ revision, lineage, revisionAt: known.revisionAt, ...known.documents() });
    onChange();
  }

  #tellOfFaults(faults: readonly NodeFault[]): void {
    const isNews = JSON.stringify(faults) !== JSON.stringify(this.faults);
    this.faults = faults;
    if (!isNews || faults.length === 0) return;
    const parts = faults.map(({ routeId, backend, reason }) => [routeId, backend, reason].filter(Boolean).join(': '));
    const { log } = this.#options;
    log.error('parts of a revision are out of service; the rest of it runs', { parts: shorten(parts) });
  }

  async #refuse(revision: number, problems: readonly string[]): Promise<void> {
    const { clock, log, onChange } = this.#options;
    const refused = { revision, problems: shorten(problems) };
    const isNews = JSON.stringify(refused) !== JSON.stringify(this.refused);
    if (isNews) {
      const runs = this.running?.revision;
      log.error('a revision was refused; the previous one stays in use', {
        ...refused,
        ...(runs !== undefined && { runs }),
      });
    }
    this.refused = refused;
    this.#refusedAt = clock.monotonic();
    onChange();
    await this.#runFallback(revision);
  }

  /** The first revision from control is refused, but the disk has one that ran before. */
  async #runFallback(refused: number): Promise<void> {
    const snapshot = this.#fallback;
    this.#fallback = undefined;
    if (this.running !== undefined || snapshot === undefined || snapshot.revision === refused) return;
    const known = await knownFrom(snapshot);
    const outcome = await this.#apply(known, 'snapshot');
    if (outcome.ok) this.#accept(known, 'snapshot');
    else this.#options.log.error('the snapshot on disk was refused too', { problems: shorten(outcome.problems) });
  }
}

async function knownFrom(snapshot: NodeSnapshot): Promise<KnownConfiguration> {
  const known = new KnownConfiguration();
  await known.take({ ...snapshot, whole: true, removedRoutes: [], removedBackends: [] });
  return known;
}

function shorten(problems: readonly string[]): string[] {
  const told = problems.slice(0, mostProblems).map((problem) => problem.slice(0, 500));
  const left = problems.length - told.length;
  return left > 0 ? [...told, `and ${left} more`] : told;
}
