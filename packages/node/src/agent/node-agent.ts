import type { Clock, Dependency, Logger } from '@sluice/service';
import type { AppliedConfiguration, ApplyOutcome } from '../configuration/applied-configuration.ts';
import { systemClock } from '@sluice/service';
import { Contact } from './contact.ts';
import type {
  ControlConnection,
  KeyUseReport,
  LogLevelName,
  NodeChanges,
  NodeCommand,
  NodeFault,
  NodeReport,
  NodeSource,
  NodeSplit,
  RefusedRevision,
} from '@sluice/model';
import { Follower } from './follower.ts';
import { NodeConfiguration } from '../configuration/node-configuration.ts';
import type { NodeStatus, NodeIdentity } from './node-status.ts';
import { revisionAnnouncement } from '@sluice/model';
import { ReportMaker } from './report-maker.ts';
import { Reporter } from './reporter.ts';
import { SplitResolver } from './resolve-splits.ts';
import { readSnapshot } from '../snapshot/snapshot-file.ts';
import { SnapshotWriter } from '../snapshot/snapshot-writer.ts';

/** Where new revisions are announced. */
export interface RevisionBus {
  /** Calls back with each announcement; returns what ends that. */
  subscribe(topic: 'revision', listener: (message: unknown) => void): () => void;
}

export interface NodeAgentOptions {
  readonly node: NodeIdentity;
  /** The caller owns the connection: closing the agent does not close it. */
  readonly control: ControlConnection;
  /** Makes the gateway run a configuration, or says why it refuses; the one before then runs on. One call at a time. */
  readonly apply: (configuration: AppliedConfiguration) => Promise<ApplyOutcome>;
  readonly status: () => NodeStatus;
  /** What the gateway counted on both versions of deployed routes; a report has 512 at most. */
  readonly splits: () => readonly NodeSplit[];
  /** What the gateway cannot run of its configuration; a report has 50 at most. */
  readonly faults?: (() => readonly NodeFault[]) | undefined;
  /** Keys of consumers that were used since it was asked last; a report has 1,000 at most. */
  readonly keyUses?: (() => readonly KeyUseReport[]) | undefined;
  /** Checks the health of these backends now; of all when undefined. */
  readonly checkHealth: (backendIds: readonly string[] | undefined) => void | Promise<void>;
  /** Logs at another level; undefined goes back to that of the configuration. `until` is in milliseconds since 1970. */
  readonly setLogLevel?: ((level: LogLevelName | undefined, until: number | undefined) => void) | undefined;
  /** What it logs at, if that is not the level of the configuration. */
  readonly logLevel?: (() => NodeReport['logLevel']) | undefined;
  /** Tells load balancers to pass the node by, or not any more. The node serves whatever still comes. */
  readonly standAside?: ((isWanted: boolean) => void) | undefined;
  /** The file of the last good configuration; without one the node cannot start while control is away. */
  readonly snapshotFile?: string | undefined;
  /**
   * Given when the node runs a file of its own: the revision of it. The node then reports, and takes nothing from control
   * before `follow()`.
   */
  readonly ownRevision?: (() => number) | undefined;
  readonly bus?: RevisionBus | undefined;
  /** Takes the key that announcements on the bus are checked with. */
  readonly onAnnouncementKey?: ((key: string) => void) | undefined;
  readonly clock?: Clock;
  /** 0 up to 1. */
  readonly random?: () => number;
  readonly log: Logger;
}

/** How a node stands with control. */
export interface AgentStatus {
  /** The revision that runs; 0 before the first. */
  readonly revision: number;
  readonly lineage: string | undefined;
  /** Where it came from; undefined before the first. */
  readonly source: NodeSource | undefined;
  readonly refused: RefusedRevision | undefined;
  /** The store is empty, or older than what runs. The node keeps what runs until somebody changes or confirms the store. */
  readonly withheld: boolean;
  /** Whether control answered the last time it was asked. */
  readonly connected: boolean;
  /** How control took the last report. */
  readonly control: Dependency;
  /** The deployment that wants load balancers to pass the node by for now. */
  readonly drainsFor: string | undefined;
}

/** The part of a node that talks to control. */
export interface NodeAgent {
  /**
   * Begins to follow control. Resolves when the first configuration runs: that of control or, when control is away or its
   * configuration is refused, the last good one on disk. While there is neither, the agent keeps trying. Closing the agent
   * resolves it, too.
   */
  start(): Promise<void>;
  status(): AgentStatus;
  /**
   * A node that runs a file of its own takes its configuration from control from now on. It stays with what it runs, and
   * with the revision of that, until it runs the first one of control.
   */
  follow(): void;
  /** Reports now instead of within 2 s, for instance when the node begins to drain. */
  report(): void;
  /** Writes the snapshot that is still due and lets go of everything. May be called again. */
  close(): Promise<void>;
}

/** A command may arrive twice: those that were carried out are remembered. */
const rememberedCommands = 1_000;

/** Makes the agent of a gateway node. Nothing happens before `start()`. */
export function createNodeAgent(options: NodeAgentOptions): NodeAgent {
  return new Agent(options);
}

class Agent implements NodeAgent {
  readonly #options: NodeAgentOptions;
  readonly #contact: Contact;
  readonly #configuration: NodeConfiguration;
  readonly #follower: Follower;
  readonly #reporter: Reporter;
  readonly #writer: SnapshotWriter | undefined;
  readonly #reports: ReportMaker;
  readonly #splits: SplitResolver;
  /** The revision of the node's own file, while the node runs that. */
  #ownRevision: NodeAgentOptions['ownRevision'];
  #follows = false;
  #drainsFor: string | undefined;
  #standsAside = false;
  readonly #commands = new Set<string>();
  readonly #firstRun = Promise.withResolvers<void>();
  #unsubscribe: (() => void) | undefined;
  #started = false;
  #closed = false;

  constructor(options: NodeAgentOptions) {
    const { node, control, snapshotFile, log, clock = systemClock, random = Math.random } = options;
    this.#options = options;
    this.#ownRevision = options.ownRevision;
    const contact = new Contact(clock, log, () => this.#settleReadiness());
    this.#contact = contact;
    this.#splits = new SplitResolver(node.nodeId);
    this.#reports = new ReportMaker({
      node,
      status: options.status,
      splits: options.splits,
      keyUses: options.keyUses,
      logLevel: options.logLevel,
      faults: () => [...this.#configuration.faults, ...(options.faults?.() ?? [])],
      clock,
    });
    this.#writer = snapshotFile === undefined ? undefined : new SnapshotWriter({ file: snapshotFile, clock, log });
    this.#configuration = new NodeConfiguration({
      apply: (configuration) => this.#apply(configuration),
      onChange: () => this.#changed(),
      onGood: (snapshot) => this.#writer?.put(snapshot),
      clock,
      log,
    });
    this.#reporter = new Reporter({ control, make: (isPeriodic) => this.#makeReport(isPeriodic), contact, clock, log });
    this.#follower = new Follower({
      nodeId: node.nodeId,
      control,
      position: () => this.#configuration.position(),
      onChanges: (changes) => this.#take(changes),
      onFailure: () => this.#configuration.fallBack(),
      contact,
      clock,
      random,
    });
  }

  start(): Promise<void> {
    if (!this.#started && !this.#closed) {
      this.#started = true;
      void this.#begin();
    }
    return this.#firstRun.promise;
  }

  status(): AgentStatus {
    const { running, refused, withheld } = this.#configuration;
    const ownRevision = this.#ownRevision;
    return {
      revision: ownRevision?.() ?? running?.revision ?? 0,
      lineage: running?.lineage,
      source: ownRevision === undefined ? running?.source : 'file',
      refused,
      withheld,
      connected: this.#contact.connected,
      control: this.#reporter.health(),
      // Without control nobody would tell the node to stop draining.
      drainsFor: running?.source === 'control' && this.#contact.connected ? this.#drainsFor : undefined,
    };
  }

  follow(): void {
    if (this.#started && !this.#closed) void this.#follow();
  }

  report(): void {
    this.#reports.renew();
    this.#reporter.now();
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#unsubscribe?.();
    this.#configuration.close();
    this.#follower.close();
    this.#reporter.close();
    this.#firstRun.resolve();
    await this.#writer?.close();
  }

  async #begin(): Promise<void> {
    this.#reporter.start();
    if (this.#ownRevision !== undefined) return this.#firstRun.resolve();
    await this.#loadSnapshot();
    if (!this.#closed) await this.#follow();
  }

  async #follow(): Promise<void> {
    if (this.#follows) return;
    this.#follows = true;
    const { bus } = this.#options;
    this.#unsubscribe = bus?.subscribe('revision', (message) => {
      const revision = revisionAnnouncement.safeParse(message).data?.revision;
      if (revision === undefined) return;
      this.#follower.announced(() => this.#configuration.position().since >= revision);
    });
    await this.#follower.run();
  }

  async #loadSnapshot(): Promise<void> {
    const { snapshotFile, log } = this.#options;
    if (snapshotFile === undefined) return;
    try {
      const snapshot = await readSnapshot(snapshotFile, log);
      if (snapshot !== undefined) await this.#configuration.load(snapshot);
    } catch (error) {
      log.warn('the snapshot on disk is unusable', { file: snapshotFile, error });
    }
  }

  async #take(changes: NodeChanges): Promise<boolean> {
    for (const command of changes.commands) this.#obey(command);
    if (changes.announcementKey !== undefined) this.#options.onAnnouncementKey?.(changes.announcementKey);
    const isNews = await this.#configuration.take(changes);
    return isNews || changes.commands.length > 0;
  }

  async #apply(configuration: AppliedConfiguration): Promise<ApplyOutcome> {
    const { routes, isAnySplit, drainsFor } = this.#splits.resolve(configuration.routes);
    const outcome = await this.#options.apply({ ...configuration, routes });
    if (outcome.ok) {
      this.#drainsFor = drainsFor;
      this.#reporter.hurry(isAnySplit);
      this.#reports.retain(configuration.routes);
    }
    return outcome;
  }

  #changed(): void {
    if (this.#configuration.running !== undefined) {
      this.#ownRevision = undefined;
      this.#firstRun.resolve();
    }
    this.#settleReadiness();
    this.#reporter.now();
  }

  #settleReadiness(): void {
    const isWanted = this.status().drainsFor !== undefined;
    if (isWanted === this.#standsAside) return;
    this.#standsAside = isWanted;
    this.#options.standAside?.(isWanted);
  }

  #obey(command: NodeCommand): void {
    if (this.#commands.has(command.id)) return;
    this.#commands.add(command.id);
    for (const oldest of this.#commands) {
      if (this.#commands.size <= rememberedCommands) break;
      this.#commands.delete(oldest);
    }
    if (command.kind === 'checkHealth') return this.#checkHealth(command.backendIds);
    this.#options.setLogLevel?.(command.level, command.until === undefined ? undefined : Date.parse(command.until));
    this.#reporter.now();
  }

  #checkHealth(backendIds: readonly string[] | undefined): void {
    const { checkHealth, log } = this.#options;
    void (async () => checkHealth(backendIds))().catch((error: unknown) => {
      log.warn('the health checks that the control plane requested failed', { error });
    });
  }

  #makeReport(isPeriodic: boolean): NodeReport {
    const { source = 'control', ...status } = this.status();
    const appliedAt = this.#configuration.running?.appliedAt;
    return this.#reports.make({ ...status, source, appliedAt }, isPeriodic);
  }
}
