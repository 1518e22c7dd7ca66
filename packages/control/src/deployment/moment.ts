import type { Deployment } from './deployment.ts';
import { wait } from './transition.ts';
import type { Cause, Transition } from './transition.ts';

/** What goes with a decision. */
export interface Moment {
  readonly cause: Cause;
  readonly now: number;
  /** Why nothing moves forward now; undefined when it may. */
  readonly standstill: string | undefined;
}

/** Waits, and says so unless it has been said. */
export function waitFor(
  deployment: Deployment,
  reason: string,
  { cause }: Pick<Moment, 'cause'>,
): Transition | undefined {
  return deployment.waitingFor === reason ? undefined : wait(deployment, reason, cause);
}

/** Names of nodes in words, the first few. */
export function listed(nodes: readonly { readonly nodeId: string }[]): string {
  const shown = nodes.slice(0, 3).map(({ nodeId }) => nodeId);
  return nodes.length > 3 ? `${shown.join(', ')} and ${nodes.length - 3} more` : shown.join(', ');
}
