import type { Deployment, DeploymentStep } from './deployment.ts';
import type { Facts, NodeFact } from './facts.ts';
import { listed, waitFor } from './moment.ts';
import type { Moment } from './moment.ts';
import * as transition from './transition.ts';
import type { EventDraft, Transition } from './transition.ts';

type Rolling = Extract<DeploymentStep, { kind: 'rolling' }>;
type Turning = Rolling['turning'][number];

/** Node by node: says that it is not ready, runs the candidate, is watched; then the next one. */
export function decideRolling(deployment: Deployment, facts: Facts, moment: Moment): Transition | undefined {
  const step = deployment.step as Rolling;
  const live = facts.nodes.filter((node) => node.live);
  const byId = new Map(live.map((node) => [node.nodeId, node]));
  const events: EventDraft[] = [];
  const done = [...step.done];
  const turning: Turning[] = [];
  for (const one of step.turning) {
    const node = byId.get(one.nodeId);
    // It died, or was taken away. When it comes back it begins anew.
    if (node === undefined) continue;
    const next = turned(one, node, { deployment, facts, moment, isOnly: live.length === 1 });
    if (next !== 'done') turning.push(next);
    else {
      done.push(one.nodeId);
      events.push(
        transition.draft('nodeCompleted', moment.cause, `Node ${one.nodeId} runs the candidate and is well.`),
      );
    }
  }
  const left = live.filter(({ nodeId }) => !done.includes(nodeId) && !turning.some((one) => one.nodeId === nodeId));
  if (moment.standstill === undefined)
    turning.push(...begun(left, turning.length, { deployment, facts, live, moment, events }));
  if (left.length === 0 && turning.length === 0 && done.some((nodeId) => byId.has(nodeId))) {
    // All of them: what is left to judge is the candidate alone, as in any phase of 100 %.
    return transition.serveAll(deployment, events, moment.cause.at);
  }
  return stepTo(deployment, { kind: 'rolling', done, turning }, { live, events, moment });
}

/** Where a node is after another look at it. */
function turned(
  one: Turning,
  node: NodeFact,
  { deployment, facts, moment, isOnly }: { deployment: Deployment; facts: Facts; moment: Moment; isOnly: boolean },
): Turning | 'done' {
  const { drain, verifyFor } = deployment.settings.rolling;
  const waited = moment.now - Date.parse(one.since);
  if (one.stage === 'draining') {
    return waited >= drain || isOnly
      ? { ...one, stage: 'verifying', since: moment.cause.at, revision: facts.revision }
      : one;
  }
  const runs = node.revision > one.revision && node.epoch === deployment.epoch;
  const isWell = runs && node.ready && node.state === 'serving';
  return isWell && waited >= verifyFor ? 'done' : one;
}

/** Nodes whose turn it is now. */
function begun(
  left: readonly NodeFact[],
  busy: number,
  context: {
    deployment: Deployment;
    facts: Facts;
    live: readonly NodeFact[];
    moment: Moment;
    events: EventDraft[];
  },
): Turning[] {
  const { deployment, facts, live, moment, events } = context;
  const { maxUnavailable, drain } = deployment.settings.rolling;
  const free = Math.max(0, maxUnavailable - busy);
  // Somebody has to be left who is ready: a node that is alone, or all that there are, changes without a drain.
  const drains = drain > 0 && live.length > maxUnavailable;
  return left.slice(0, free).map(({ nodeId }) => {
    events.push(transition.draft('nodeStarted', moment.cause, `Node ${nodeId} is changed.`));
    return {
      nodeId,
      stage: drains ? ('draining' as const) : ('verifying' as const),
      since: moment.cause.at,
      revision: facts.revision,
    };
  });
}

function stepTo(
  deployment: Deployment,
  step: Rolling,
  { live, events, moment }: { live: readonly NodeFact[]; events: EventDraft[]; moment: Moment },
): Transition | undefined {
  if (JSON.stringify(step) !== JSON.stringify(deployment.step)) {
    const changed = step.done.length + step.turning.filter(({ stage }) => stage === 'verifying').length;
    const percentage = Math.min(100, Math.round((changed / Math.max(1, live.length)) * 10_000) / 100);
    const next = transition.takeStep(deployment, step, events, moment.cause.at);
    return { ...next, deployment: { ...next.deployment, percentage } };
  }
  if (moment.standstill !== undefined) return waitFor(deployment, moment.standstill, moment);
  const sick = patienceEnded(deployment, step, moment.now);
  if (sick !== undefined) {
    const problem = live.find(({ nodeId }) => nodeId === sick)?.problems[0] ?? 'it does not say why';
    return transition.ask(deployment, `node ${sick} does not become well: ${problem}`, moment.cause);
  }
  if (live.length === 0 && noNodeFor(deployment, moment.now)) {
    return transition.ask(deployment, 'no node is live that could run it', moment.cause);
  }
  const reason = live.length === 0 ? 'Waits for a node that is live.' : `Waits for ${listed(step.turning)} to be well.`;
  return waitFor(deployment, reason, moment);
}

/** A node that has been watched for so long that a person should look at it. */
function patienceEnded(
  { settings, phases, currentPhaseIndex }: Deployment,
  step: Rolling,
  now: number,
): string | undefined {
  const { analysis, patientSince } = phases[currentPhaseIndex];
  const longest = settings.rolling.verifyFor + analysis.maxWait;
  const from = (since: string): number => Math.max(Date.parse(since), Date.parse(patientSince ?? since));
  return step.turning.find(({ stage, since }) => stage === 'verifying' && now - from(since) > longest)?.nodeId;
}

/** Nobody is there, and has not been for longer than the phase waits. */
function noNodeFor({ phases, currentPhaseIndex, updatedAt }: Deployment, now: number): boolean {
  const { analysis, patientSince, startedAt } = phases[currentPhaseIndex];
  return now - Date.parse(patientSince ?? startedAt ?? updatedAt) > analysis.maxWait;
}
