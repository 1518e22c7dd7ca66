import { setTimeout as pause } from 'node:timers/promises';
import { printable } from '../terminal/printable.ts';
import type { Connection } from './connect.ts';

/** How far the nodes are with a revision. */
export interface Convergence {
  /** Every live node runs it, or a later one. */
  readonly converged: boolean;
  /** How many nodes are live. */
  readonly nodes: number;
  /** The names of those that do not run it, with the reason where there is one. */
  readonly behind: readonly string[];
}

const longestMs = 10_000;
const firstPauseMs = 20;
const longestPauseMs = 500;
const pageSize = 100;

/** Waits until every live node runs a revision, 10 s at most. Rejects with a CommandFailure. */
export async function waitUntilConverged(connection: Connection, revision: number): Promise<Convergence> {
  const deadline = performance.now() + longestMs;
  for (let delay = firstPauseMs; ; delay = Math.min(2 * delay, longestPauseMs)) {
    const state = await convergenceOf(connection, revision);
    // A node that refuses the revision will not take it later either.
    if (state.converged || state.refused || performance.now() > deadline) {
      const { converged, nodes, behind } = state;
      return { converged, nodes, behind };
    }
    await pause(delay);
  }
}

async function convergenceOf({ call }: Connection, revision: number) {
  const { nodes } = await call(async (client) => {
    const all = [];
    for (;;) {
      const page = await client.listNodes({ query: { live: true, limit: pageSize, offset: all.length } });
      all.push(...page.nodes);
      if (page.nodes.length === 0 || all.length >= page.total) return { nodes: all };
    }
  });
  const behind = nodes.filter((node) => node.revision < revision);
  const refusing = behind.filter(({ refused }) => refused !== undefined && refused.revision >= revision);
  return {
    converged: behind.length === 0,
    nodes: nodes.length,
    behind: behind.map(({ name, refused }) => printable(refused === undefined ? name : `${name} (refused it)`)),
    refused: behind.length > 0 && refusing.length === behind.length,
  };
}
