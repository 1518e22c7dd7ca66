import type { GatewayConfigInput } from '@sluice/model';
import { parseConfig } from '@sluice/model';
import type { Check, Examination, Instruments } from '../check.ts';

/** A healthy world in which nothing is really looked at. */
export const healthy: Instruments = {
  nodeVersion: '24.1.0',
  readSystem: () => Promise.resolve(undefined),
  wallClock: () => Date.UTC(2030, 0, 1),
  monotonicClock: () => 1,
  probePort: () => Promise.resolve(),
  pendingMigrations: () => Promise.resolve([]),
  probeRedis: () => Promise.resolve({ version: '7.2.0', roundTripMs: 0.5, clockAheadMs: 0 }),
  askControl: () => Promise.resolve(Date.UTC(2030, 0, 1)),
};

/** What a test changes. */
export interface Changes {
  readonly config?: GatewayConfigInput;
  readonly env?: Examination['env'];
  readonly cwd?: string;
  readonly instruments?: Partial<Instruments>;
}

/** An examination of a valid configuration in a healthy world, but for what is changed. */
export function examinationOf({ config = {}, env = {}, cwd = '/', instruments = {} }: Changes = {}): Examination {
  const parsed = parseConfig(config);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  return { config: parsed.config, env, cwd, instruments: { ...healthy, ...instruments } };
}

/** What a check finds, as lines: `warn: message. advice`. */
export async function linesOf(check: Check, changes: Changes = {}): Promise<string[]> {
  const findings = await check.run(examinationOf(changes));
  return findings.map(
    ({ status, message, advice }) => `${status}: ${message}${advice === undefined ? '' : `. ${advice}`}`,
  );
}
