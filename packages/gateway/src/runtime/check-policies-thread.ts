/** A thread that tries policies of the user's own and says what is wrong with each. */
import { messageOf } from '@sluice/service/caught-error';
import { parentPort, workerData } from 'node:worker_threads';
import { createInstance } from '../policy/own/define-policy.ts';
import { loadDefinition } from '../policy/own/load-definition.ts';
import type { TriedPolicies, TriedPolicy } from './check-policies.ts';

parentPort?.postMessage(
  (await Promise.all((workerData as readonly TriedPolicy[]).map(faultOf))) satisfies TriedPolicies,
);

async function faultOf({ address, options }: TriedPolicy): Promise<string | undefined> {
  try {
    createInstance(await loadDefinition(address), options).close?.();
    return undefined;
  } catch (error) {
    return messageOf(error).slice(0, 1000);
  }
}
