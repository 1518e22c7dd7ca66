import type { Configuration } from '../configuration/index.ts';
import { faultText } from '../nodes/index.ts';
import type { NodeRegistry, SplitNode } from '../nodes/index.ts';
import { ConflictError } from '../store/index.ts';
import type { CarryOutParts } from './carry-out.ts';
import type { Deployment } from './deployment.ts';
import type { NodeFact } from './facts.ts';
import { settlePlain } from './settle-plain.ts';
import { byItself } from './transition.ts';

/** What it takes to tell what became of plain changes. */
export interface SettlingParts extends Pick<CarryOutParts, 'kept' | 'leader' | 'announce' | 'auditWrite'> {
  readonly configuration: Pick<Configuration, 'revision'>;
  readonly registry: Pick<NodeRegistry, 'splitNodes'>;
  /** Milliseconds since 1970. */
  readonly clock: () => number;
}

/** Ends the records of plain changes that every live node runs, or that one cannot, all in one commit. */
export async function settlePlainChanges(parts: SettlingParts): Promise<void> {
  const { kept, leader, registry, configuration, clock, announce, auditWrite } = parts;
  const settling = await kept.settling();
  if (settling.length === 0) return;
  const nodes = registry.splitNodes('');
  const { revision } = configuration;
  const changes = settling.flatMap((before) => {
    const facts = { nodes: nodes.map((node) => factOf(node, before.deployment)), revision };
    const transition = settlePlain(before.deployment, facts, clock());
    return transition === undefined ? [] : [{ before, transition }];
  });
  if (changes.length === 0) return;
  // Who made a change is in the log already; that nodes run it is what is to be expected.
  const audit = changes.flatMap(({ transition: { deployment, events } }) =>
    events.flatMap((event) => (event.kind === 'failed' ? [auditWrite(deployment, event)] : [])),
  );
  try {
    await kept.commit(changes, { author: { kind: 'system', name: byItself }, alongside: [leader.guard(), ...audit] });
  } catch (error) {
    // Another process leads, and was faster.
    if (error instanceof ConflictError) return;
    throw error;
  }
  for (const { before } of changes) announce(before.deployment.deploymentId);
}

function factOf(node: SplitNode, { routes }: Deployment): NodeFact {
  const ids = new Set(routes.map(({ routeId }) => routeId));
  return {
    ...node,
    faults: node.faults.filter(({ routeId, isCandidate }) => ids.has(routeId) && !isCandidate).map(faultText),
  };
}
