import type { PendingMigration, RedisProbe } from '@sluice/control';
import type { GatewayConfig } from '@sluice/model';
import type { Finding } from './finding.ts';

/** What is examined: a valid configuration, and the place where it is to run. */
export interface Examination {
  readonly config: GatewayConfig;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The folder that relative paths start from. */
  readonly cwd: string;
  readonly instruments: Instruments;
}

/** How the doctor looks at the world; replaced in tests. */
export interface Instruments {
  readonly nodeVersion: string;
  /** The text of a file of the system, such as those in /proc; undefined where there is none. */
  readSystem(path: string): Promise<string | undefined>;
  /** Wall clock and monotonic clock, in milliseconds. */
  wallClock(): number;
  monotonicClock(): number;
  /** Makes sure that a port is free; rejects with a PortTakenError, or the error of the system. */
  probePort(host: string, port: number, key: string): Promise<unknown>;
  /** The migrations that starting would apply; changes nothing. Rejects when the store cannot be used. */
  pendingMigrations(storeUrl: string): Promise<readonly PendingMigration[]>;
  probeRedis(redisUrl: string): Promise<RedisProbe>;
  /** Asks a control process for its time: the Date header (RFC 9110, 6.6.1), in milliseconds. Rejects when it cannot be reached. */
  askControl(url: string, node: GatewayConfig['node']): Promise<number>;
}

/** One check: what it found, nothing when there is nothing to look at. What it rejects with is a finding too. */
export interface Check {
  readonly name: string;
  run(examination: Examination): Promise<readonly Finding[]>;
}

/** Whether the process serves traffic. */
export function isGateway({ config: { role } }: Examination): boolean {
  return role !== 'control';
}

/** Whether the process has the management API and the store. */
export function isControl({ config: { role } }: Examination): boolean {
  return role !== 'gateway';
}
