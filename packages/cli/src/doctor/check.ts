import type { PendingMigration } from '@sluice/control';
import type { GatewayConfig, RedisConfig } from '@sluice/model';
import type { RedisProbe } from '@sluice/service/redis';
import type { AddressAnswer } from './ask-address.ts';
import type { Finding } from './finding.ts';

/** A valid configuration, and the place where it is to run. */
export interface CheckInput {
  readonly config: GatewayConfig;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The folder that relative paths start from. */
  readonly cwd: string;
  readonly probes: Probes;
}

/** How the checks look at the machine and the network; replaced in tests. */
export interface Probes {
  readonly nodeVersion: string;
  /** The text of a system file, such as those in /proc; undefined where there is none. */
  readSystem(path: string): Promise<string | undefined>;
  /** In milliseconds since 1970. */
  wallClock(): number;
  /** In milliseconds. */
  monotonicClock(): number;
  /** Rejects with a PortTakenError, or with the error of the system. */
  probePort(host: string, port: number, key: string): Promise<unknown>;
  /** The migrations that a start would apply; changes nothing. Rejects when the store cannot be used. */
  pendingMigrations(storeUrl: string): Promise<readonly PendingMigration[]>;
  probeRedis(redis: RedisConfig): Promise<RedisProbe>;
  /** The time on a control process, in milliseconds since 1970. Rejects when it cannot be reached. */
  askControl(url: string, node: GatewayConfig['node']): Promise<number>;
  /** Asks a server that policies ask; `caFile` is read in `cwd`. Rejects when it cannot be reached. */
  askHelper(url: string, caFile: string | undefined, cwd: string): Promise<AddressAnswer>;
}

/** Finds nothing when there is nothing to look at. A rejection becomes a finding, too. */
export type Check = (input: CheckInput) => readonly Finding[] | Promise<readonly Finding[]>;

/** Whether the process serves traffic. */
export function isGateway({ config: { role } }: CheckInput): boolean {
  return role !== 'control';
}

/** Whether the process has the management API and the store. */
export function isControl({ config: { role } }: CheckInput): boolean {
  return role !== 'gateway';
}
