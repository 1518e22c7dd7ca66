import type { RouteDocument } from '@sluice/model';
import { deploymentSettings, noCounts } from '@sluice/model';
import { planDeployment } from '../plan-deployment.ts';
import type { Deployment } from '../deployment.ts';
import type { Facts, NodeFacts } from '../facts.ts';
import { figuresOf } from '../judge/index.ts';
import type { Verdict } from '../judge/index.ts';

/** When tests begin. */
export const begin = Date.parse('2026-01-05T10:00:00.000Z');

/** A deployment of one route that has not started, with settings as they are written. */
export function planned(input: Parameters<typeof deploymentSettings.parse>[0], approvalFor: string[] = []): Deployment {
  const settings = deploymentSettings.parse(input);
  return planDeployment({
    deploymentId: 'orders-abc123',
    probeToken: 'a-token-of-the-tests',
    routes: [
      { routeId: 'orders', configVersion: '2.0', stableVersion: '1.0', candidate: { name: 'orders' } as RouteDocument },
    ],
    settings,
    environment: settings.environment ?? 'Development',
    author: { kind: 'user', name: 'anna' },
    approvalFor,
    at: new Date(begin).toISOString(),
  }).deployment;
}

/** A node that is well: it runs the first epoch, and a later revision than `facts` has. */
export function node(nodeId: string, more: Partial<NodeFacts> = {}): NodeFacts {
  return { nodeId, live: true, state: 'serving', epoch: 1, ready: true, problems: [], revision: 6, ...more };
}

/** Facts that hold nothing up, without a verdict. */
export function facts(more: Partial<Facts> = {}): Facts {
  return {
    verdict: undefined,
    nodes: [node('n1')],
    revision: 5,
    blockedBy: undefined,
    unapproved: undefined,
    freeze: undefined,
    ...more,
  };
}

/** A verdict. */
export function verdictOf(verdict: Verdict['verdict'], explanation = `says ${verdict}`): Verdict {
  const side = figuresOf(noCounts);
  return {
    verdict,
    explanation,
    at: new Date(begin).toISOString(),
    phaseIndex: 0,
    percentage: 10,
    stable: side,
    candidate: side,
    window: { seconds: 0, stable: side, candidate: side },
    checks: [],
    gates: [],
  };
}
