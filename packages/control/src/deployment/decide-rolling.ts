import { listed, waitFor } from './decision.ts';
import type { DecisionContext } from './decision.ts';
import type { Deployment, DeploymentStep, TurningNode } from './deployment.ts';
import type { Facts, NodeFacts } from './facts.ts';
import { serveAll } from './progress.ts';
import { draft } from './transition.ts';
import type { EventDraft, Transition } from './transition.ts';
import { ask } from './waiting.ts';

type Rolling = Extract<DeploymentStep, { kind: 'rolling' }>;
type RollingContext = DecisionContext & { readonly step: Rolling };

/** Node by node: each drains, runs the candidate and is verified; then the next one. */
export function decideRolling(deployment: Deployment, facts: Facts, context: RollingContext): Transition | undefined {
  const { step, cause } = context;
  const live = facts.nodes.filter((node) => node.live);
  const byId = new Map(live.map((node) => [node.nodeId, node]));
  const events: EventDraft[] = [];
  const done = [...step.done];
  const turning: TurningNode[] = [];
  for (const one of step.turning) {
    const node = byId.get(one.nodeId);
    // It is gone. If it comes back it begins again.
    if (node === undefined) continue;
    const next = nextStage(one, node, { deployment, facts, context, isAlone: live.length === 1 });
    if (next !== 'done') turning.push(next);
    else {
      done.push(one.nodeId);
      events.push(draft('nodeCompleted', cause, `Node ${one.nodeId} runs the candidate and is healthy.`));
    }
  }
  const left = live.filter(({ nodeId }) => !done.includes(nodeId) && !turning.some((one) => one.nodeId === nodeId));
  if (context.freeze === undefined) {
    const begun = nextNodes(left, turning.length, { deployment, facts, live, context });
    turning.push(...begun);
    events.push(...begun.map(({ nodeId }) => draft('nodeStarted', cause, `Node ${nodeId} is being changed.`)));
  }
  if (left.length === 0 && turning.length === 0 && done.some((nodeId) => byId.has(nodeId))) {
    // Every node runs the candidate, which is now judged alone, as in any phase of 100 %.
    return serveAll(deployment, events, cause.at);
  }
  return stepTo(deployment, { kind: 'rolling', done, turning }, { live, events, context });
}

function nextStage(
  one: TurningNode,
  node: NodeFacts,
  {
    deployment,
    facts,
    context: { now, cause },
    isAlone,
  }: { deployment: Deployment; facts: Facts; context: RollingContext; isAlone: boolean },
): TurningNode | 'done' {
  const { drain, verifyFor } = deployment.settings.rolling;
  const waited = now - Date.parse(one.since);
  if (one.stage === 'draining') {
    const isDrained = waited >= drain || isAlone;
    return isDrained ? { ...one, stage: 'verifying', since: cause.at, revision: facts.revision } : one;
  }
  const runs = node.revision > one.revision && node.epoch === deployment.epoch;
  const isWell = runs && node.ready && node.state === 'serving';
  return isWell && waited >= verifyFor ? 'done' : one;
}

function nextNodes(
  left: readonly NodeFacts[],
  busy: number,
  context: { deployment: Deployment; facts: Facts; live: readonly NodeFacts[]; context: RollingContext },
): TurningNode[] {
  const { deployment, facts, live } = context;
  const { maxUnavailable, drain } = deployment.settings.rolling;
  const free = Math.max(0, maxUnavailable - busy);
  // One node has to stay ready: a single node, or all nodes at once, change without draining.
  const stage = drain > 0 && live.length > maxUnavailable ? 'draining' : 'verifying';
  const { at } = context.context.cause;
  return left.slice(0, free).map(({ nodeId }) => ({ nodeId, stage, since: at, revision: facts.revision }));
}

function stepTo(
  deployment: Deployment,
  step: Rolling,
  { live, events, context }: { live: readonly NodeFacts[]; events: EventDraft[]; context: RollingContext },
): Transition | undefined {
  const { cause, freeze, now } = context;
  if (JSON.stringify(step) !== JSON.stringify(context.step)) {
    const changed = step.done.length + step.turning.filter(({ stage }) => stage === 'verifying').length;
    const percentage = Math.min(100, Math.round((changed / Math.max(1, live.length)) * 10_000) / 100);
    return { deployment: { ...deployment, step, percentage, updatedAt: cause.at }, events };
  }
  if (freeze !== undefined) return waitFor(deployment, freeze, cause);
  const sick = sickNode(deployment, step, now);
  if (sick !== undefined) {
    const problem = live.find(({ nodeId }) => nodeId === sick)?.problems[0] ?? 'it does not say why';
    return ask(deployment, `node ${sick} does not recover: ${problem}`, cause);
  }
  if (live.length > 0) return waitFor(deployment, `Waits for ${listed(step.turning)} to be healthy.`, cause);
  if (isOutOfPatience(deployment, now)) return ask(deployment, 'no live node could run it', cause);
  return waitFor(deployment, 'Waits for a live node.', cause);
}

/** A node that has been verified for so long that a person should look at it. */
function sickNode({ settings, phases, currentPhaseIndex }: Deployment, step: Rolling, now: number): string | undefined {
  const { analysis, patientSince } = phases[currentPhaseIndex];
  const longest = settings.rolling.verifyFor + analysis.maxWait;
  const from = (since: string): number => Math.max(Date.parse(since), Date.parse(patientSince ?? since));
  return step.turning.find(({ stage, since }) => stage === 'verifying' && now - from(since) > longest)?.nodeId;
}

function isOutOfPatience({ phases, currentPhaseIndex, updatedAt }: Deployment, now: number): boolean {
  const { analysis, patientSince, startedAt } = phases[currentPhaseIndex];
  return now - Date.parse(patientSince ?? startedAt ?? updatedAt) > analysis.maxWait;
}
