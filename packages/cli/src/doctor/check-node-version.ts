import type { CheckInput } from './check.ts';
import { fail, ok, warn } from './finding.ts';
import type { Finding } from './finding.ts';

/** Whether this version of Node will do. */
export function checkNodeVersion({ probes }: Pick<CheckInput, 'probes'>): Finding[] {
  return [judgeNodeVersion(probes.nodeVersion)];
}

/** Whether a version of Node, such as 24.1.0, will do. */
export function judgeNodeVersion(version: string): Finding {
  const major = Number.parseInt(version, 10);
  const install = 'install the current long-term release from https://nodejs.org';
  if (major < 24) return fail(`Node ${version} is too old: 24 or newer is needed`, install);
  if (major % 2 === 1) return warn(`Node ${version} is only supported for a few months`, install);
  return ok(`Node ${version}`);
}
