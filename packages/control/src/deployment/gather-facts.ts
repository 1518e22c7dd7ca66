import { faultText } from '../nodes/index.ts';
import type { NodeRegistry, SplitNode } from '../nodes/index.ts';
import { conflictFacts } from './conflicts.ts';
import type { Deployment } from './deployment.ts';
import type { Facts, NodeFacts } from './facts.ts';
import type { StoredDeployment } from './stored-deployment.ts';

/** Where facts come from. */
export interface FactSources {
  readonly registry: Pick<NodeRegistry, 'splitNodes'>;
  readonly configuration: { readonly revision: number };
  readonly open: readonly StoredDeployment[];
  readonly freeze: string | undefined;
}

/** The facts about a deployment. */
export function gatherFacts(deployment: Deployment, { registry, configuration, open, freeze }: FactSources): Facts {
  const { deploymentId, verdict, startedAt } = deployment;
  const hasStarted = startedAt !== undefined;
  return {
    ...(hasStarted ? { blockedBy: undefined, unapproved: undefined } : conflictFacts(deployment, open)),
    verdict: hasStarted ? verdict : undefined,
    nodes: nodeFacts(deployment, registry.splitNodes(deploymentId)),
    revision: configuration.revision,
    freeze,
  };
}

/** The nodes with those of their faults that the deployment may have caused. */
export function nodeFacts({ routes, strategy, isPlain }: Deployment, nodes: readonly SplitNode[]): NodeFacts[] {
  const ids = new Set(routes.map(({ routeId }) => routeId));
  return nodes.map((node) => ({
    ...node,
    faults: node.faults
      .filter(
        ({ routeId, isCandidate }) =>
          ids.has(routeId) && (isPlain ? !isCandidate : isCandidate || strategy === 'Direct'),
      )
      .map(faultText),
  }));
}
