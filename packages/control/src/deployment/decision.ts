import { formatDuration } from '@sluice/model';
import type { Deployment, DeploymentPhase } from './deployment.ts';
import type { NodeFacts } from './facts.ts';
import type { Cause, Transition } from './transition.ts';
import { ask, wait } from './waiting.ts';

/** What every decision is made with. */
export interface DecisionContext {
  readonly cause: Cause;
  /** Milliseconds since 1970. */
  readonly now: number;
  /** The freeze that holds for this deployment; undefined when it may go forward. */
  readonly freeze: string | undefined;
}

/** Waits, and says so unless it has already. */
export function waitFor(deployment: Deployment, reason: string, cause: Cause): Transition | undefined {
  return deployment.waitingFor === reason ? undefined : wait(deployment, reason, cause);
}

/** What is waited for, and what a person is asked in the end. */
export interface Waiting {
  readonly text: string;
  readonly question: string;
  /** In milliseconds; `maxWait` of the phase by default. */
  readonly patience?: number | undefined;
}

/**
 * Waits for as long as the phase allows, then asks a person. A saved change of a file may have nobody to ask, so it goes on
 * waiting with the share that it has.
 */
export function waitThenAsk(
  deployment: Deployment,
  { text, question, patience }: Waiting,
  { now, cause }: Pick<DecisionContext, 'now' | 'cause'>,
): Transition | undefined {
  const phase = deployment.phases[deployment.currentPhaseIndex];
  const waited = now - Math.max(phaseEnd(phase), Date.parse(phase.patientSince ?? phase.startedAt ?? cause.at));
  const longest = patience ?? phase.analysis.maxWait;
  if (waited < longest) return waitFor(deployment, text, cause);
  const wholeMinutes = Math.floor(waited / 60_000) * 60_000;
  const reason = `after ${formatDuration(Math.max(longest, wholeMinutes))} more there is still ${question}`;
  return askOrHold(deployment, { question: reason, text }, cause);
}

/** Asks a person. A saved change of a file is held instead, with a text that stays the same while it is held. */
export function askOrHold(
  deployment: Deployment,
  { question, text }: Pick<Waiting, 'question' | 'text'>,
  cause: Cause,
): Transition | undefined {
  return deployment.author.kind === 'file' ? waitFor(deployment, text, cause) : ask(deployment, question, cause);
}

/** Waits for nodes that do not run the deployment: without their counts the verdict is not the whole truth. */
export function waitForNodes(
  deployment: Deployment,
  behind: readonly NodeFacts[],
  context: Pick<DecisionContext, 'now' | 'cause'>,
): Transition | undefined {
  const names = listed(behind);
  const text = `Waits for ${names} to run it.`;
  const question = `something wrong with ${names}: it does not run this deployment`;
  return waitThenAsk(deployment, { text, question }, context);
}

/** When the duration of a phase is over, in milliseconds since 1970. */
export function phaseEnd({ startedAt, duration, pausedMs = 0 }: DeploymentPhase): number {
  return Date.parse(startedAt ?? '') + duration + pausedMs;
}

/** The names of the first few nodes. */
export function listed(nodes: readonly { readonly nodeId: string }[]): string {
  const shown = nodes.slice(0, 3).map(({ nodeId }) => nodeId);
  return nodes.length > 3 ? `${shown.join(', ')} and ${nodes.length - 3} more` : shown.join(', ');
}
