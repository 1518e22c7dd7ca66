import type { Check } from './check.ts';
import type { Finding } from './finding.ts';
import { findingsOf } from './finding.ts';

const { ok, warn, fail } = findingsOf('node');

/** The version of Node. */
export const checkNodeVersion: Check = {
  name: 'node',
  run: ({ instruments }) => Promise.resolve([judgeNodeVersion(instruments.nodeVersion)]),
};

/** Whether a version of Node, such as 24.1.0, will do. */
export function judgeNodeVersion(version: string): Finding {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const install = 'install the present long-term release from https://nodejs.org';
  if (major < 22 || (major === 22 && minor < 18)) {
    return fail(`Node ${version} is too old: 22.18 or newer is needed`, install);
  }
  if (major % 2 === 1) return warn(`Node ${version} is supported for a few months only`, install);
  return ok(`Node ${version}`);
}
