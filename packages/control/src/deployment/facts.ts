import type { Verdict } from './judge/index.ts';

/** What `decide` is given beside the deployment and the time. Texts are sentences for people. */
export interface Facts {
  /** Undefined when there is nothing to judge. */
  readonly verdict: Verdict | undefined;
  readonly nodes: readonly NodeFacts[];
  /** The current revision of the configuration. */
  readonly revision: number;
  /** What has to end first. */
  readonly blockedBy: string | undefined;
  /** What another person has to approve first. */
  readonly unapproved: string | undefined;
  /** The freeze that holds now. */
  readonly freeze: string | undefined;
}

/** One node as seen from a deployment. */
export interface NodeFacts {
  readonly nodeId: string;
  readonly live: boolean;
  readonly state: 'starting' | 'serving' | 'draining';
  /** The epoch of the deployment that it runs; undefined when it does not know the deployment. */
  readonly epoch: number | undefined;
  /** The candidate is connected, healthy and has answered the smoke requests. */
  readonly ready: boolean;
  readonly problems: readonly string[];
  /** The revision that it runs. */
  readonly revision: number;
  /** What it cannot run of the new versions. */
  readonly faults?: readonly string[];
}

/** The live nodes that do not run a revision later than `after` yet; those that shut down are left out. */
export function nodesBehind(
  after: number,
  { nodes, revision }: Pick<Facts, 'nodes' | 'revision'>,
): readonly NodeFacts[] {
  return nodes.filter((node) => node.live && node.state !== 'draining' && !isPast(node, after, revision));
}

/** What live nodes cannot run of the revisions later than `after`; undefined when they can run everything. */
export function faultsAfter(after: number, { nodes, revision }: Pick<Facts, 'nodes' | 'revision'>): string | undefined {
  // A fault in what a node ran before is not the fault of this change, which may even mend it.
  const faults = nodes.flatMap((node) =>
    node.live && isPast(node, after, revision) ? (node.faults ?? []).map((fault) => `${node.nodeId}: ${fault}`) : [],
  );
  return faults.length === 0 ? undefined : `out of service on ${faults.slice(0, 3).join('; ')}`;
}

function isPast(node: NodeFacts, after: number, current: number): boolean {
  return node.revision > after || node.revision === current;
}
