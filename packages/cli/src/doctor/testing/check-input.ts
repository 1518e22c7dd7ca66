import type { GatewayConfigInput } from '@sluice/model';
import { parseConfig } from '@sluice/model';
import type { Check, CheckInput, Probes } from '../check.ts';

/** A healthy machine, without looking at the real one. */
export const healthyProbes: Probes = {
  nodeVersion: '24.1.0',
  readSystem: () => Promise.resolve(undefined),
  wallClock: () => Date.UTC(2030, 0, 1),
  monotonicClock: () => 1,
  probePort: () => Promise.resolve(),
  pendingMigrations: () => Promise.resolve([]),
  probeRedis: () => Promise.resolve({ version: '7.2.0', roundTripMs: 0.5, clockAheadMs: 0 }),
  askControl: () => Promise.resolve(Date.UTC(2030, 0, 1)),
  askHelper: () => Promise.resolve({ status: 200, body: '{}', date: Date.UTC(2030, 0, 1), certificateEnds: undefined }),
};

/** What a test changes. */
export interface Changes {
  readonly config?: GatewayConfigInput;
  readonly env?: CheckInput['env'];
  readonly cwd?: string;
  readonly probes?: Partial<Probes>;
}

/** A valid configuration on a healthy machine, but for the changes. */
export function checkInput({ config = {}, env = {}, cwd = '/', probes = {} }: Changes = {}): CheckInput {
  const parsed = parseConfig(config);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  return { config: parsed.config, env, cwd, probes: { ...healthyProbes, ...probes } };
}

/** What a check finds, as lines: `warn: message. advice`. */
export async function linesOf(check: Check, changes: Changes = {}): Promise<string[]> {
  const findings = await check(checkInput(changes));
  return findings.map(
    ({ status, message, advice }) => `${status}: ${message}${advice === undefined ? '' : `. ${advice}`}`,
  );
}
