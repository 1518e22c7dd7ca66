import type { Verdict } from './judge/verdict.ts';

/** One node, as far as a deployment is concerned. */
export interface NodeFact {
  readonly nodeId: string;
  /** Heard of lately. */
  readonly live: boolean;
  readonly state: 'starting' | 'serving' | 'draining';
  /** The epoch of the deployment that it runs; undefined when it does not know of it. */
  readonly epoch: number | undefined;
  /** The candidate is connected, healthy and tried on it. */
  readonly ready: boolean;
  readonly problems: readonly string[];
  /** The revision that it runs. */
  readonly revision: number;
  /** What it cannot run of what the deployment brings, in words. */
  readonly faults?: readonly string[];
}

/** The live nodes that have yet to run what came after a revision; those that go away are not waited for. */
export function nodesBehind(
  after: number,
  { nodes, revision }: Pick<Facts, 'nodes' | 'revision'>,
): readonly NodeFact[] {
  return nodes.filter((node) => node.live && node.state !== 'draining' && !isPast(node, after, revision));
}

/** What live nodes cannot run of what came after a revision, in a sentence; undefined when they can. */
export function faultsAfter(after: number, { nodes, revision }: Pick<Facts, 'nodes' | 'revision'>): string | undefined {
  // What a node says of what it ran before is nothing that the change did: it may well be what the change mends.
  const faults = nodes.flatMap((node) =>
    node.live && isPast(node, after, revision) ? (node.faults ?? []).map((fault) => `${node.nodeId}: ${fault}`) : [],
  );
  return faults.length === 0 ? undefined : `out of service on ${faults.slice(0, 3).join('; ')}`;
}

function isPast(node: NodeFact, after: number, current: number): boolean {
  return node.revision > after || node.revision === current;
}

/** What is seen of the world when it is decided what happens next. */
export interface Facts {
  /** What the numbers say; undefined when there is nothing to judge. */
  readonly verdict: Verdict | undefined;
  readonly nodes: readonly NodeFact[];
  /** The revision that the configuration is at. */
  readonly revision: number;
  /** What has to end first, in words; undefined when nothing is in the way. */
  readonly blockedBy: string | undefined;
  /** What another person has to approve first, in words; undefined when nobody has to. */
  readonly unapproved: string | undefined;
  /** The freeze that holds now, in words. */
  readonly frozen: string | undefined;
  /** Who stopped the line and why, in words. */
  readonly stopped: string | undefined;
}
