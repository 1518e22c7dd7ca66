import type { OwnPolicyConfig, Problem, RouteConfig } from '@sluice/model';
import { FileFault, readSmallFile } from '@sluice/service';
import { resolve } from 'node:path';
import { Worker } from 'node:worker_threads';
import { versionsOf } from './named-by.ts';
import { addressOf } from './file-contents.ts';

/** A policy of the user's own that is tried in a thread. */
export interface TriedPolicy {
  readonly address: string;
  readonly options: OwnPolicyConfig['options'];
}

/** What is wrong with each of the policies that were tried; undefined for one that can be used. */
export type TriedPolicies = readonly (string | undefined)[];

/** How long all modules of a configuration may take, in milliseconds. */
const patienceMs = 15_000;

interface Use {
  readonly path: Problem['path'];
  readonly policy: OwnPolicyConfig;
}

/**
 * What is wrong with the modules that the routes of a file name, and with their options. They are loaded in a thread of their own,
 * which ends afterwards: what their code does there harms nobody. `indexes` are those of the routes to look at; by default all.
 */
export async function checkPolicies(
  routes: readonly RouteConfig[],
  indexes: Iterable<number> = routes.keys(),
): Promise<Problem[]> {
  const uses = [...indexes].flatMap((index) => usesOf(routes[index], index));
  if (uses.length === 0) return [];
  const problems: Problem[] = [];
  const tried: { readonly use: Use; readonly address: string }[] = [];
  for (const use of uses) {
    const { module } = use.policy;
    try {
      tried.push({ use, address: addressOf(resolve(module), await readSmallFile(module)) });
    } catch (error) {
      if (!(error instanceof FileFault)) throw error;
      problems.push({ path: use.path, message: `${module} ${error.message}` });
    }
  }
  const faults = await tryPolicies(tried.map(({ use, address }) => ({ address, options: use.policy.options })));
  for (const [index, { use }] of tried.entries()) {
    const fault = faults[index];
    if (fault !== undefined)
      problems.push({ path: use.path, message: `${use.policy.module} cannot be used: ${fault}` });
  }
  return problems;
}

function usesOf(route: RouteConfig, index: number): Use[] {
  return versionsOf(route).flatMap(({ policies = [] }) =>
    policies.map((policy, at) => ({ path: ['routes', index, 'policies', at, 'module'], policy })),
  );
}

function tryPolicies(policies: readonly TriedPolicy[]): Promise<TriedPolicies> {
  if (policies.length === 0) return Promise.resolve([]);
  const worker = new Worker(new URL('./check-policies-thread.ts', import.meta.url), { workerData: policies });
  const all = (fault: string): TriedPolicies => policies.map(() => fault);
  return new Promise<TriedPolicies>((done) => {
    const timer = setTimeout(() => done(all(`it takes longer than ${patienceMs / 1000} s to load`)), patienceMs);
    worker.once('message', done);
    worker.once('error', (error: Error) => done(all(error.message)));
    worker.once('exit', () => done(all('its code ends the process')));
    worker.once('exit', () => clearTimeout(timer));
  }).finally(() => void worker.terminate());
}
