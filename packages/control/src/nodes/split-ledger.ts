import type { SplitCounts } from '@sluice/model';
import type { NodeReport, NodeSplit } from '@sluice/model';
import { contradict, impossible, outlierOf } from './doubts.ts';
import type { Shares } from './doubts.ts';
import { sumCounts } from './sum-counts.ts';

/** What a node reports of a deployment, over all of its routes. */
export interface SplitStanding extends SplitCounts {
  /** -1 when the current process of the node has not reported on it yet. */
  readonly epoch: number;
  /** On all routes of the deployment. */
  readonly ready: boolean;
  readonly problems: readonly string[];
  /** Why verdicts leave its counts out; absent when they do not. */
  readonly doubt?: string;
}

/** What one node counted in one epoch. */
interface NodeCounts {
  /** The last counts of each process of the node, by route; the last to report is at the end. */
  readonly instances: Map<string, ReadonlyMap<string, SplitCounts>>;
  /** The counts of older processes, which are not told apart any more. */
  retired: SplitCounts | undefined;
  /** Why these counts are impossible: verdicts leave them out. */
  doubt: string | undefined;
  seenAt: number;
}

interface Entry {
  seenAt: number;
  readonly epochs: Map<number, Map<string, NodeCounts>>;
  /** The last splits that each node reported. */
  readonly latest: Map<string, { readonly instanceId: string; readonly splits: readonly NodeSplit[] }>;
}

/** How long a deployment is remembered after the last report on it, in milliseconds. */
const forgetMs = 3_600_000;
/** The most deployments kept: anybody with the join token could otherwise fill the memory. */
const mostDeployments = 1_000;
/** The most epochs kept of one deployment: nobody asks for older ones, but a slow node may still be in the last. */
const mostEpochs = 8;
/** The most processes told apart of one node; the counts of older ones cannot grow any more. */
const mostInstances = 8;

/**
 * What all nodes counted on both versions of deployed routes. Each process of a node says what it counted since an epoch
 * began, so what it said last takes the place of what it said before, and stays when the process ends.
 */
export class SplitLedger {
  /** Longest unheard of first. */
  readonly #entries = new Map<string, Entry>();

  /** Takes the counts of a report that is newer than all others of its process; `now` in milliseconds. */
  put(report: NodeReport, now: number): void {
    const { nodeId, instanceId, splits } = report;
    for (const [deploymentId, own] of Map.groupBy(splits, (split) => split.deploymentId)) {
      const entry = this.#entries.get(deploymentId) ?? { seenAt: now, epochs: new Map(), latest: new Map() };
      this.#entries.delete(deploymentId);
      this.#entries.set(deploymentId, entry);
      entry.seenAt = now;
      entry.latest.set(nodeId, { instanceId, splits: own });
      for (const [epoch, counts] of Map.groupBy(own, (split) => split.epoch)) {
        putCounts(nodesIn(entry, epoch), report, { counts, now });
      }
    }
    this.#forget(now);
  }

  /** What all nodes counted in an epoch, without those whose counts cannot be or do not fit the others'. */
  counts(deploymentId: string, epoch: number): SplitCounts {
    const nodes = this.#entries.get(deploymentId)?.epochs.get(epoch) ?? new Map<string, NodeCounts>();
    const doubts = doubtsIn(nodes);
    return sum([...nodes].flatMap(([nodeId, counts]) => (doubts.has(nodeId) ? [] : countsOf(counts))));
  }

  /** Why a node is left out of verdicts, by deployment, or contradicts the only other one; of the newest epoch. */
  doubts(nodeId: string): readonly string[] {
    return [...this.#entries].flatMap(([deploymentId, { epochs }]) => {
      const nodes = epochs.get(Math.max(...epochs.keys())) ?? new Map<string, NodeCounts>();
      const doubt = doubtsIn(nodes).get(nodeId);
      if (doubt !== undefined) return [`is left out of the verdict on deployment ${deploymentId}: ${doubt}`];
      if (!nodes.has(nodeId) || !contradict(believedIn(nodes))) return [];
      const apart = 'their shares of failures are far apart, and both count';
      return [`contradicts the only other node about deployment ${deploymentId}: ${apart}`];
    });
  }

  /** The nodes that said something of a deployment. */
  nodeIds(deploymentId: string): readonly string[] {
    return [...(this.#entries.get(deploymentId)?.latest.keys() ?? [])];
  }

  /** What a node, which is this process now, says of a deployment. Counts include those of its processes before. */
  standing(deploymentId: string, { nodeId, instanceId }: Pick<NodeReport, 'nodeId' | 'instanceId'>): SplitStanding {
    const entry = this.#entries.get(deploymentId);
    const latest = entry?.latest.get(nodeId);
    const splits = latest?.instanceId === instanceId ? latest.splits : [];
    const epoch = splits.reduce((newest, split) => Math.max(newest, split.epoch), -1);
    const nodes = entry?.epochs.get(epoch) ?? new Map<string, NodeCounts>();
    const counts = nodes.get(nodeId);
    const doubt = doubtsIn(nodes).get(nodeId);
    return {
      epoch,
      ready: splits.length > 0 && splits.every((split) => split.epoch === epoch && split.ready),
      problems: splits.flatMap(({ problems }) => problems),
      ...(doubt !== undefined && { doubt }),
      ...sum(counts === undefined ? [] : countsOf(counts)),
    };
  }

  #forget(now: number): void {
    for (const [deploymentId, { seenAt }] of this.#entries) {
      if (now - seenAt < forgetMs && this.#entries.size <= mostDeployments) return;
      this.#entries.delete(deploymentId);
    }
  }
}

function nodesIn({ epochs }: Entry, epoch: number): Map<string, NodeCounts> {
  const nodes = epochs.get(epoch) ?? new Map<string, NodeCounts>();
  epochs.set(epoch, nodes);
  // The one that was asked for may be the one that is too old.
  if (epochs.size > mostEpochs) epochs.delete(Math.min(...epochs.keys()));
  return nodes;
}

function putCounts(
  nodes: Map<string, NodeCounts>,
  { nodeId, instanceId, startedAt, at }: NodeReport,
  { counts: splits, now }: { readonly counts: readonly NodeSplit[]; readonly now: number },
): void {
  const node: NodeCounts = nodes.get(nodeId) ?? {
    instances: new Map(),
    retired: undefined,
    doubt: undefined,
    seenAt: now,
  };
  nodes.set(nodeId, node);
  const before = node.instances.get(instanceId);
  const upMs = Date.parse(at) - Date.parse(startedAt);
  for (const split of splits) {
    const then = before?.get(split.routeId);
    node.doubt ??= impossible(split, Math.max(0, then === undefined ? upMs : now - node.seenAt) / 1000, then);
  }
  node.seenAt = now;
  // A report need not speak of every route: what was said of the others still holds.
  const routes = new Map<string, SplitCounts>(node.instances.get(instanceId));
  for (const { routeId, stable, candidate } of splits) routes.set(routeId, { stable, candidate });
  node.instances.delete(instanceId);
  node.instances.set(instanceId, routes);
  for (const [oldest, counts] of node.instances) {
    if (node.instances.size <= mostInstances) return;
    node.retired = sum([...(node.retired === undefined ? [] : [node.retired]), ...counts.values()]);
    node.instances.delete(oldest);
  }
}

/** The nodes that are left out, and why. */
function doubtsIn(nodes: ReadonlyMap<string, NodeCounts>): ReadonlyMap<string, string> {
  const doubts = new Map<string, string>();
  for (const [nodeId, { doubt }] of nodes) if (doubt !== undefined) doubts.set(nodeId, doubt);
  const outlier = outlierOf(believedIn(nodes));
  if (outlier !== undefined) doubts.set(outlier, 'its share of failures is far from that of all other nodes');
  return doubts;
}

/** The nodes whose counts can be. */
function believedIn(nodes: ReadonlyMap<string, NodeCounts>): ReadonlyMap<string, Shares> {
  return new Map([...nodes].flatMap(([id, counts]) => (counts.doubt === undefined ? [[id, sharesOf(counts)]] : [])));
}

function sharesOf(counts: NodeCounts): Shares {
  const of = (version: keyof Shares) => {
    const shares = { requests: 0, failures: 0 };
    for (const split of countsOf(counts)) {
      shares.requests += split[version].requests;
      shares.failures += split[version].failures;
    }
    return shares;
  };
  return { stable: of('stable'), candidate: of('candidate') };
}

function countsOf({ instances, retired }: NodeCounts): SplitCounts[] {
  const known = [...instances.values()].flatMap((routes) => [...routes.values()]);
  return retired === undefined ? known : [retired, ...known];
}

function sum(all: readonly SplitCounts[]): SplitCounts {
  return {
    stable: sumCounts(all.map(({ stable }) => stable)),
    candidate: sumCounts(all.map(({ candidate }) => candidate)),
  };
}
