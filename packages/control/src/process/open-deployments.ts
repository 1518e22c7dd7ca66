import type { GatewayConfig } from '@sluice/model';
import { systemClock } from '@sluice/service';
import type { Logger } from '@sluice/service';
import type { SpanSink } from '@sluice/service/otlp';
import { randomBytes, randomInt } from 'node:crypto';
import type { Access } from '../access/index.ts';
import type { Bus } from '../bus/index.ts';
import type { Configuration, RouteVersions } from '../configuration/index.ts';
import { createGates } from '../deployment/gates/index.ts';
import { Deployments, DeploymentStore, figuresOnly, Runner } from '../deployment/index.ts';
import type { Leader } from '../lock/index.ts';
import type { NodeRegistry } from '../nodes/index.ts';
import { createNotices, Notifier } from '../notify/index.ts';
import type { NoticeWriter } from '../notify/index.ts';
import type { Store } from '../store/index.ts';
import { DeploymentTracer, endedSpanWrites } from '../trace/index.ts';

export interface OpenDeploymentsOptions {
  readonly store: Store;
  readonly configuration: Configuration;
  readonly versions: RouteVersions;
  readonly registry: NodeRegistry;
  readonly access: Pick<Access, 'audit'>;
  readonly leader: Leader;
  readonly bus: Bus;
  readonly config: Pick<GatewayConfig, 'deployments'>;
  /** Milliseconds since 1970. */
  readonly clock: () => number;
  readonly log: Logger;
  /** Takes the spans of deployments; undefined when nothing is traced. */
  readonly spans: SpanSink | undefined;
}

export interface OpenDeployments {
  readonly deployments: Deployments;
  /** Waits for what is being written. May be called again. */
  close(): Promise<void>;
}

const topic = 'deployment';

/** Opens the deployments, and runs them whenever this process leads. */
export function openDeployments(options: OpenDeploymentsOptions): OpenDeployments {
  const { store, configuration, versions, registry, access, leader, bus, clock, log, spans } = options;
  const config = options.config.deployments;
  const announce = (deploymentId: string): void => bus.publish(topic, { deploymentId });
  const noticeWrites = createNotices({ config });
  const notices: NoticeWriter =
    spans === undefined
      ? noticeWrites
      : (event, deployment) => [...noticeWrites(event, deployment), ...endedSpanWrites(event, deployment)];
  const deploymentStore = new DeploymentStore({ store, configuration, config, notices, announce });
  const gates = createGates({ prometheus: config.prometheus, log });
  const auditWrite: ConstructorParameters<typeof Runner>[0]['auditWrite'] = (
    { deploymentId, routes },
    { kind, text },
  ) =>
    access.audit.auditWrite({
      eventType: `deployment.${kind}`,
      entityType: 'deployment',
      entityId: deploymentId,
      user: 'sluice',
      userKind: 'system',
      address: 'local',
      traceId: deploymentId,
      outcome: 'done',
      details: { text, routes: routes.map(({ routeId }) => routeId) },
    });
  const parts = { store, deploymentStore, configuration, registry, leader, gates, config, clock, log };
  const runner = new Runner({ ...parts, auditWrite });
  const notifier = new Notifier({ store, leader, config, log });
  const tracer =
    spans &&
    new DeploymentTracer({
      store,
      deployments: deploymentStore,
      configuration,
      leader,
      spans,
      log,
      clock: systemClock,
    });
  const deployments = new Deployments({
    ...parts,
    versions,
    hasNodes: () => registry.splitNodes('').some(({ live }) => live),
    random: { id: shortId, token: () => randomBytes(24).toString('base64url') },
    figures: (deployment) =>
      runner.latest(deployment) ??
      figuresOnly(deployment, registry.splits(deployment.deploymentId, deployment.epoch), clock()),
    onChange: (listener) =>
      bus.subscribe(topic, (message) => {
        const { deploymentId } = (message ?? {}) as { deploymentId?: unknown };
        if (typeof deploymentId === 'string') listener(deploymentId);
      }),
  });
  return {
    deployments,
    async close() {
      await runner.close();
      await notifier.close();
      await tracer?.close();
      gates.close();
    },
  };
}

const letters = '23456789abcdefghjkmnpqrstuvwxyz';

/** Six letters and digits that cannot be mistaken for one another. */
function shortId(): string {
  return Array.from({ length: 6 }, () => letters[randomInt(letters.length)]).join('');
}
