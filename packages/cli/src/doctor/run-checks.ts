import { checkClock } from './check-clock.ts';
import { checkControl } from './check-control.ts';
import { checkFolders } from './check-folders.ts';
import { checkLimits } from './check-limits.ts';
import { checkManagement } from './check-management.ts';
import { checkNodeVersion } from './check-node-version.ts';
import { checkPorts } from './check-ports.ts';
import { checkRedis } from './check-redis.ts';
import { checkSecretFiles } from './check-secret-files.ts';
import { checkStore } from './check-store.ts';
import type { Check, Examination } from './check.ts';
import type { Finding } from './finding.ts';

/** All checks, in the order in which they are shown. */
export const checks: readonly Check[] = [
  checkNodeVersion,
  checkPorts,
  checkFolders,
  checkStore,
  checkRedis,
  checkControl,
  checkClock,
  checkLimits,
  checkManagement,
  checkSecretFiles,
];

/** Longest time for one check, in milliseconds: a database that does not answer must not keep the others from being shown. */
const longest = 15_000;

/** Runs all checks at once; a check that breaks or does not end is a finding. */
export async function examine(
  examination: Examination,
  { limitMs = longest, of = checks } = {},
): Promise<readonly Finding[]> {
  const found = await Promise.all(of.map((check) => runOne(check, examination, limitMs)));
  return found.flat();
}

async function runOne({ name, run }: Check, examination: Examination, limitMs: number): Promise<readonly Finding[]> {
  const { promise, resolve } = Promise.withResolvers<readonly Finding[]>();
  const advice = 'look into it by hand; if Sluice is to blame, please report it';
  const timer = setTimeout(() => {
    resolve([{ check: name, status: 'fail', message: `not known: no result within ${limitMs / 1_000} s`, advice }]);
  }, limitMs);
  try {
    return await Promise.race([run(examination), promise]);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return [{ check: name, status: 'fail', message: `not known: ${reason}`, advice }];
  } finally {
    clearTimeout(timer);
  }
}
