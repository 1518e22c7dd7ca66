import { messageOf } from '@sluice/service';
import { checkClock } from './check-clock.ts';
import { checkControl } from './check-control.ts';
import { checkFolders } from './check-folders.ts';
import { checkHelpers } from './check-helpers.ts';
import { checkLimits } from './check-limits.ts';
import { checkManagement } from './check-management.ts';
import { checkNodeVersion } from './check-node-version.ts';
import { checkPorts } from './check-ports.ts';
import { checkRedis } from './check-redis.ts';
import { checkSecretFiles } from './check-secret-files.ts';
import { checkStore } from './check-store.ts';
import type { Check, CheckInput } from './check.ts';
import { fail } from './finding.ts';
import type { Finding, NamedFinding } from './finding.ts';

/** All checks, in the order in which their findings are shown. */
const allChecks: Readonly<Record<string, Check>> = {
  node: checkNodeVersion,
  ports: checkPorts,
  folders: checkFolders,
  store: checkStore,
  redis: checkRedis,
  helpers: checkHelpers,
  control: checkControl,
  clock: checkClock,
  limits: checkLimits,
  management: checkManagement,
  secrets: checkSecretFiles,
};

/** A database that does not answer must not hide the other findings. */
const longestMs = 15_000;

/** Runs all checks at once. A check that breaks or does not end becomes a finding. */
export async function runChecks(
  input: CheckInput,
  { limitMs = longestMs, checks = allChecks } = {},
): Promise<readonly NamedFinding[]> {
  const found = await Promise.all(
    Object.entries(checks).map(async ([check, run]) => {
      const findings = await runCheck(run, input, limitMs);
      return findings.map((finding) => ({ check, ...finding }));
    }),
  );
  return found.flat();
}

async function runCheck(run: Check, input: CheckInput, limitMs: number): Promise<readonly Finding[]> {
  const { promise, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error(`no result within ${limitMs / 1_000} s`)), limitMs);
  try {
    return await Promise.race([run(input), promise]);
  } catch (error) {
    return [fail(`not known: ${messageOf(error)}`, 'check this by hand; if Sluice is at fault, please report it')];
  } finally {
    clearTimeout(timer);
  }
}
