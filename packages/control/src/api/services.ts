import type { ConsumerSource, GatewayConfig } from '@sluice/model';
import type { Dependency, Logger, LogLevels } from '@sluice/service';
import type { Access } from '../access/index.ts';
import type { Configuration, RouteVersions } from '../configuration/index.ts';
import type { Dora } from '../dora/index.ts';
import type { Deployments } from '../deployment/index.ts';
import type { Leader } from '../lock/index.ts';
import type { NodeHub, NodeRegistry, OwnGateway } from '../nodes/index.ts';
import type { Store } from '../store/index.ts';

/** The parts of the control plane that the API uses. */
export interface Services {
  readonly configuration: Configuration;
  readonly versions: RouteVersions;
  readonly deployments: Deployments;
  readonly dora: Pick<Dora, 'figures'>;
  readonly access: Access;
  readonly registry: NodeRegistry;
  readonly hub: NodeHub;
  /** The gateway in this process, while it runs; left out where there is none. */
  readonly ownGateway?: (() => OwnGateway | undefined) | undefined;
  /** Where nodes ask for consumers. */
  readonly feed: ConsumerSource;
  readonly store: Store;
  /** What this process relies on, by the last check of each: its store first. */
  readonly dependencies: () => readonly Dependency[];
  /** Shown in the health. */
  readonly leader?: Pick<Leader, 'leading'> | undefined;
  readonly config: Pick<GatewayConfig, 'management' | 'node' | 'role'>;
  readonly version: string;
  readonly log: Logger;
  /** The level of the log of this process. */
  readonly logLevels: LogLevels;
  /** Milliseconds since 1970. */
  readonly clock: () => number;
}
