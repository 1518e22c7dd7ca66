/**
 * The next step of a deployment: a pure function of its state, the facts and the time.
 *
 *   ended ─▶ nothing     not started ─▶ start or wait     fault on a node ─▶ fail     worse ─▶ roll back
 *   paused, or waits for a person ─▶ nothing     otherwise by its step: settling, warming, rolling, serving
 */
import { formatDuration } from '@sluice/model';
import type { AnalysisConfig } from '@sluice/model';
import { decideRolling } from './decide-rolling.ts';
import { decideSettling } from './decide-settling.ts';
import { decideStart, freezeFor } from './decide-start.ts';
import { askOrHold, listed, phaseEnd, waitFor, waitForNodes, waitThenAsk } from './decision.ts';
import type { DecisionContext } from './decision.ts';
import type { Deployment, DeploymentPhase } from './deployment.ts';
import { hasEnded } from './deployment.ts';
import { fail, rollBack } from './endings.ts';
import { faultsAfter } from './facts.ts';
import type { Facts } from './facts.ts';
import type { Verdict } from './judge/index.ts';
import { advance } from './progress.ts';
import { byItself } from './transition.ts';
import type { Transition } from './transition.ts';
import { ask } from './waiting.ts';

const beforeAll = -1;

/** What happens next; undefined when nothing does. `now` is in milliseconds since 1970. */
export function decide(deployment: Deployment, facts: Facts, now: number): Transition | undefined {
  const cause = { at: new Date(now).toISOString(), by: byItself };
  if (hasEnded(deployment)) return undefined;
  if (deployment.startedAt === undefined) {
    return decideStart(deployment, { ...facts, hasNodes: facts.nodes.some(({ live }) => live) }, cause);
  }
  const { step } = deployment;
  const since = step?.kind === 'settling' ? step.revision : beforeAll;
  const faults = faultsAfter(since, facts);
  if (faults !== undefined) return fail(deployment, faults, cause);
  // Neither a pause nor a freeze nor a missing approval keeps a bad candidate.
  const { verdict } = facts;
  if (verdict?.verdict === 'rollBack') return rollBack(deployment, verdict.explanation, cause);
  if (deployment.status !== 'InProgress') return undefined;
  const context = { cause, now, freeze: freezeFor(deployment, facts) };
  switch (step?.kind) {
    case 'settling':
      return decideSettling(deployment, facts, { since, now, cause });
    case 'warming':
      return decideWarming(deployment, facts, { ...context, since: step.since });
    case 'rolling':
      return decideRolling(deployment, facts, { ...context, step });
    default:
      return decideServing(deployment, facts, context);
  }
}

/** The candidate gets no traffic before every node has connected to it, found it healthy and tried it. */
function decideWarming(
  deployment: Deployment,
  { nodes }: Facts,
  { cause, now, freeze, since }: DecisionContext & { readonly since: string },
): Transition | undefined {
  const live = nodes.filter((node) => node.live);
  const lagging = live.filter((node) => node.epoch !== deployment.epoch || !node.ready);
  if (live.length > 0 && lagging.length === 0) {
    return freeze === undefined ? advance(deployment, cause) : waitFor(deployment, freeze, cause);
  }
  const { warmTimeout } = deployment.settings.blueGreen;
  if (now - Date.parse(since) >= warmTimeout) {
    const why = lagging.flatMap(({ nodeId, problems }) => `${nodeId}: ${problems[0] ?? 'has not reported yet'}`);
    const text = why.length === 0 ? 'no node is live' : why.slice(0, 3).join('; ');
    return fail(deployment, `the candidate was not ready after ${formatDuration(warmTimeout)}: ${text}`, cause);
  }
  const reason = live.length === 0 ? 'a live node' : `the candidate to be ready on ${listed(lagging)}`;
  return waitFor(deployment, `Waits for ${reason}.`, cause);
}

function decideServing(deployment: Deployment, facts: Facts, context: DecisionContext): Transition | undefined {
  const { cause, now, freeze } = context;
  const { verdict, nodes } = facts;
  const phase = deployment.phases[deployment.currentPhaseIndex];
  const isOver = now >= phaseEnd(phase);
  if (deployment.strategy === 'ABTest') return isOver ? endTest(deployment, phase, context) : undefined;
  if (!isOver) return undefined;
  if (freeze !== undefined) return waitFor(deployment, freeze, cause);
  const behind = nodes.filter((node) => node.live && node.epoch !== deployment.epoch);
  if (behind.length > 0) return waitForNodes(deployment, behind, context);
  const hasTraffic = deployment.percentage > 0 || phase.mirror !== undefined;
  if (!hasTraffic && isUntested(deployment, verdict)) return waitForTester(deployment, context);
  if (verdict?.verdict === 'promote' || (!hasTraffic && verdict?.verdict !== 'ask')) return advance(deployment, cause);
  const explanation = verdict?.explanation ?? 'No node has reported anything yet.';
  const text = waitText(verdict, explanation);
  if (verdict?.verdict === 'ask') return askOrHold(deployment, { question: explanation, text }, cause);
  const patience = patienceFor(verdict, phase.analysis, now);
  const waiting = { text, question: `no clear answer. ${explanation}`, patience };
  return waitThenAsk(deployment, waiting, context);
}

/** Testers are configured, and none has sent a request since the phase began. */
function isUntested({ settings }: Deployment, verdict: Verdict | undefined): boolean {
  const { requestCount = 0, aborted = 0 } = verdict?.candidate ?? {};
  return settings.testers.length > 0 && requestCount + aborted === 0;
}

function waitForTester(deployment: Deployment, context: DecisionContext): Transition | undefined {
  const { testers } = deployment.settings;
  const marks = testers.map((tester) => ('header' in tester ? `header ${tester.header}` : `cookie ${tester.cookie}`));
  const shown = `${marks.slice(0, 3).join(' or ')}${marks.length > 3 ? ' and so on' : ''}`;
  const text = `Waits for the first request of a tester: ${shown}.`;
  const question = `no request of a tester (${shown}): send one and resume, or promote without`;
  return waitThenAsk(deployment, { text, question }, context);
}

/** A phase goes on for as long as requests bring an answer nearer. Without them it has less patience. */
function patienceFor(verdict: Verdict | undefined, { maxWait, maxExtension }: AnalysisConfig, now: number): number {
  const { stillOpen, lastRequestAt } = verdict ?? {};
  if (stillOpen === undefined || lastRequestAt === undefined || now - Date.parse(lastRequestAt) >= maxWait)
    return maxWait;
  // With so little traffic not even minRequests would come in time.
  const isHopeless = stillOpen.checks.length === 0 && (stillOpen.moreSeconds ?? 0) * 1000 > 2 * maxExtension;
  return isHopeless ? maxWait : Math.max(maxWait, maxExtension);
}

/** An A/B test lasts for as long as its author wants; then a person chooses. */
function endTest(deployment: Deployment, { duration }: DeploymentPhase, { cause }: DecisionContext) {
  if (duration === 0) return undefined;
  const reason = `the test has run for ${formatDuration(duration)}: promote the candidate, or roll it back`;
  return ask(deployment, reason, cause);
}

/** Without the numbers, which change every second. */
function waitText(verdict: Verdict | undefined, explanation: string): string {
  const hasNumbers = verdict !== undefined && verdict.missing === undefined;
  return hasNumbers ? 'Waits for more requests before it goes on.' : explanation;
}
