/**
 * What happens next to a deployment: a pure function of how it stands, what is seen, and the time.
 *
 *   ended ─▶ nothing     worse ─▶ roll back     waits for a person ─▶ nothing     frozen or stopped ─▶ wait
 *   broken on a node ─▶ fail     otherwise by the step it is at: settling, warming, rolling, serving.
 */
import { formatDuration } from '@sluice/model';
import { decideRolling } from './decide-rolling.ts';
import type { Deployment, DeploymentPhase } from './deployment.ts';
import { hasEnded } from './deployment.ts';
import { faultsAfter, nodesBehind } from './facts.ts';
import type { Facts, NodeFact } from './facts.ts';
import { listed, waitFor } from './moment.ts';
import type { Moment } from './moment.ts';
import * as transition from './transition.ts';
import type { Cause, Transition } from './transition.ts';

const beforeAll = -1;

/** What is to be done now; undefined when nothing is. `now` is in milliseconds since 1970. */
export function decide(deployment: Deployment, facts: Facts, now: number): Transition | undefined {
  const cause: Cause = { at: new Date(now).toISOString(), by: transition.byItself };
  if (hasEnded(deployment)) return undefined;
  if (deployment.startedAt === undefined) return decideStart(deployment, facts, cause);
  const since = deployment.step?.kind === 'settling' ? deployment.step.revision : beforeAll;
  const faults = faultsAfter(since, facts);
  if (faults !== undefined) return transition.fail(deployment, faults, cause);
  // Whoever is worse goes, whatever else is the matter: paused, frozen, stopped, waiting for somebody.
  const { verdict } = facts;
  if (verdict?.verdict === 'rollBack') return transition.rollBack(deployment, verdict.explanation, cause);
  if (deployment.status !== 'InProgress') return undefined;
  const standstill = standstillOf(deployment, facts);
  switch (deployment.step?.kind) {
    case 'settling':
      return decideSettling(deployment, facts, {
        since: deployment.step.revision,
        moment: { cause, now, standstill },
      });
    case 'warming':
      return decideWarming(deployment, facts, { cause, now, standstill });
    case 'rolling':
      return decideRolling(deployment, facts, { cause, now, standstill });
    default:
      return decideServing(deployment, facts, { cause, now, standstill });
  }
}

function decideStart(deployment: Deployment, facts: Facts, cause: Cause): Transition | undefined {
  if (deployment.status !== 'Pending') return undefined;
  const reason = facts.blockedBy ?? standstillOf(deployment, facts);
  if (reason !== undefined) return waitFor(deployment, reason, { cause });
  if (facts.unapproved !== undefined) return transition.awaitApproval(deployment, facts.unapproved, cause);
  const hasNodes = facts.nodes.some(({ live }) => live);
  return transition.start(deployment, cause, { revision: facts.revision, hasNodes });
}

/** It serves already: it completes when every live node runs it. */
function decideSettling(
  deployment: Deployment,
  facts: Facts,
  { since, moment }: { readonly since: number; readonly moment: Moment },
): Transition | undefined {
  const { cause } = moment;
  const behind = nodesBehind(since, facts);
  if (behind.length === 0) return transition.complete(deployment, cause);
  const phase = deployment.phases[deployment.currentPhaseIndex];
  return holdOn(deployment, phase, { moment, ...toldOf(behind) });
}

function standstillOf({ settings }: Deployment, { frozen, stopped }: Facts): string | undefined {
  if (settings.emergency) return undefined;
  return stopped ?? frozen;
}

/** The candidate gets no traffic before every node has connected to it, found it healthy and tried it. */
function decideWarming(deployment: Deployment, { nodes }: Facts, moment: Moment): Transition | undefined {
  const { cause, now, standstill } = moment;
  const step = deployment.step as Extract<Deployment['step'], { kind: 'warming' }>;
  const live = nodes.filter((node) => node.live);
  const lagging = live.filter((node) => node.epoch !== deployment.epoch || !node.ready);
  if (live.length > 0 && lagging.length === 0) {
    return standstill === undefined ? transition.advance(deployment, cause) : waitFor(deployment, standstill, moment);
  }
  const { warmTimeout } = deployment.settings.blueGreen;
  if (now - Date.parse(step.since) >= warmTimeout) {
    const why = lagging.flatMap(({ nodeId, problems }) => `${nodeId}: ${problems[0] ?? 'has not reported yet'}`);
    const text = why.length === 0 ? 'no node is live' : why.slice(0, 3).join('; ');
    const reason = `the candidate was not ready after ${formatDuration(warmTimeout)}: ${text}`;
    return transition.fail(deployment, reason, cause);
  }
  const reason = live.length === 0 ? 'a node that is live' : `the candidate to be ready on ${listed(lagging)}`;
  return waitFor(deployment, `Waits for ${reason}.`, moment);
}

function decideServing(deployment: Deployment, facts: Facts, moment: Moment): Transition | undefined {
  const { cause, now, standstill } = moment;
  const phase = deployment.phases[deployment.currentPhaseIndex];
  const left = remainingMs(phase, now);
  if (deployment.strategy === 'ABTest') return decideTest(deployment, phase, { ...moment, left });
  if (left > 0) return undefined;
  if (standstill !== undefined) return waitFor(deployment, standstill, moment);
  const { verdict } = facts;
  const behind = facts.nodes.filter((node) => node.live && node.epoch !== deployment.epoch);
  if (behind.length > 0) return holdOn(deployment, phase, { moment, ...toldOf(behind) });
  const nothingToSee = deployment.percentage === 0 && phase.mirror === undefined;
  if (verdict?.verdict === 'promote' || (nothingToSee && verdict?.verdict !== 'ask')) {
    return transition.advance(deployment, cause);
  }
  const explanation = verdict?.explanation ?? 'No node has reported anything yet.';
  if (verdict?.verdict === 'ask') return transition.ask(deployment, explanation, cause);
  return holdOn(deployment, phase, {
    moment,
    text: waitText(explanation),
    question: `no clear answer. ${explanation}`,
  });
}

/** Waits for as long as the phase allows, then asks. */
function holdOn(
  deployment: Deployment,
  phase: DeploymentPhase,
  { moment, text, question }: { readonly moment: Moment; readonly text: string; readonly question: string },
): Transition | undefined {
  const { now, cause } = moment;
  const waited = now - Math.max(phaseEnd(phase), Date.parse(phase.patientSince ?? phase.startedAt ?? cause.at));
  if (waited < phase.analysis.maxWait) return waitFor(deployment, text, moment);
  const reason = `after ${formatDuration(phase.analysis.maxWait)} more there is still ${question}`;
  return transition.ask(deployment, reason, cause);
}

/** Some nodes do not divide the traffic as they should: what the others count is not all there is to know. */
function toldOf(behind: readonly NodeFact[]): { readonly text: string; readonly question: string } {
  const text = `Waits for ${listed(behind)} to run it.`;
  return { text, question: `something wrong with ${listed(behind)}: it does not run this deployment` };
}

/** Runs for as long as its author wants, then somebody chooses. */
function decideTest(
  deployment: Deployment,
  { duration }: DeploymentPhase,
  { cause, left }: Moment & { readonly left: number },
): Transition | undefined {
  if (duration === 0 || left > 0) return undefined;
  const reason = `the test has run for ${formatDuration(duration)}: promote the candidate, or roll it back`;
  return transition.ask(deployment, reason, cause);
}

/** What waits is told without the numbers, which change from look to look. */
function waitText(explanation: string): string {
  return explanation.startsWith('No ') ? explanation : 'Waits for more requests before it goes on.';
}

function remainingMs(phase: DeploymentPhase, now: number): number {
  return phaseEnd(phase) - now;
}

function phaseEnd({ startedAt, duration, pausedMs = 0 }: DeploymentPhase): number {
  return Date.parse(startedAt ?? '') + duration + pausedMs;
}
