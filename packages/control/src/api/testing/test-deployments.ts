import type { GatewayConfig } from '@sluice/model';
import { randomUUID } from 'node:crypto';
import type { Configuration, RouteVersions } from '../../configuration/index.ts';
import { Deployments, DeploymentStore } from '../../deployment/index.ts';
import type { Verdict } from '../../deployment/index.ts';
import type { Store } from '../../store/index.ts';

/** What deployments of a test work with. */
export interface TestDeploymentsOptions {
  readonly store: Store;
  readonly configuration: Configuration;
  readonly versions: RouteVersions;
  readonly config: Pick<GatewayConfig, 'deployments'>;
  /** Milliseconds since 1970. */
  readonly clock: () => number;
}

/** Deployments that go where people send them: nobody judges, and the figures are those of the test. */
export interface TestDeployments extends Deployments {
  /** Says what the figures are from now on, as of this deployment. */
  setFigures(deploymentId: string, figures: Verdict): void;
  /** Tells all who listen that a deployment changed, as another process would. */
  announce(deploymentId: string): void;
}

/** The deployments that are kept in the store of a test. */
export function testDeployments({ config, ...parts }: TestDeploymentsOptions): TestDeployments {
  const listeners = new Set<(deploymentId: string) => void>();
  const figures = new Map<string, Verdict>();
  const announce = (deploymentId: string): void => {
    for (const listener of listeners) listener(deploymentId);
  };
  const all = { ...parts, config: config.deployments, announce, notices: () => [] };
  const deployments = new Deployments({
    ...all,
    deploymentStore: new DeploymentStore(all),
    figures: ({ deploymentId }) => figures.get(deploymentId),
    hasNodes: () => false,
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    random: { id: () => randomUUID().slice(0, 8), token: () => 'the-probe-token-of-the-test' },
  });
  return Object.assign(deployments, {
    announce,
    setFigures: (deploymentId: string, next: Verdict) => void figures.set(deploymentId, next),
  });
}
