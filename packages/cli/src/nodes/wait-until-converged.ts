import { setTimeout as pause } from 'node:timers/promises';
import type { Connection } from '../remote/connect.ts';
import { printable } from '../terminal/printable.ts';
import { readNodes } from './read-nodes.ts';

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

/** Waits until every live node runs a revision, 10 s at most. Rejects with a CommandFailure. */
export async function waitUntilConverged(connection: Connection, revision: number): Promise<Convergence> {
  const deadline = performance.now() + longestMs;
  for (let delay = firstPauseMs; ; delay = Math.min(2 * delay, longestPauseMs)) {
    const { nodes } = await readNodes(connection, { live: true });
    const behind = nodes.filter((node) => node.revision < revision);
    const mayStillCome = behind.some(({ refused }) => refused === undefined || refused.revision < revision);
    if (!mayStillCome || performance.now() > deadline) {
      const names = behind.map(({ name, refused }) => printable(refused === undefined ? name : `${name} (refused it)`));
      return { converged: behind.length === 0, nodes: nodes.length, behind: names };
    }
    await pause(delay);
  }
}
