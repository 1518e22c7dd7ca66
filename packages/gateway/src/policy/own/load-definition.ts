import { registerHooks } from 'node:module';
import { setTimeout as delay } from 'node:timers/promises';
import { isPolicyDefinition } from './define-policy.ts';
import type { PolicyDefinition } from './define-policy.ts';
import { policyStages } from '../policy.ts';

/** How long a module may take to load, in milliseconds: it may wait for something that never comes. */
const patienceMs = 5_000;

let isResolving = false;

/** A module finds `sluice/policy` wherever it lies, and gets the one of this gateway. */
function resolveOurs(): void {
  if (isResolving) return;
  isResolving = true;
  const url = new URL('./index.ts', import.meta.url).href;
  registerHooks({
    resolve: (specifier, context, next) =>
      specifier === 'sluice/policy' ? { url, shortCircuit: true } : next(specifier, context),
  });
}

/** Loads a module, and returns the policy that it defines. Rejects with an Error whose message says what is wrong. */
export async function loadDefinition(address: string): Promise<PolicyDefinition> {
  resolveOurs();
  const late = new AbortController();
  const timer = delay(patienceMs, undefined, { signal: late.signal, ref: false }).then(
    () => Promise.reject(new Error(`the module takes longer than ${patienceMs / 1000} s to load`)),
    () => undefined,
  );
  try {
    const loaded = (await Promise.race([import(address), timer])) as { readonly default?: unknown };
    return checkedDefinition(loaded.default);
  } finally {
    late.abort();
  }
}

function checkedDefinition(found: unknown): PolicyDefinition {
  if (!isPolicyDefinition(found)) throw new Error('its default export was not made with definePolicy');
  const { name, stage, onError, options, create } = found as Partial<PolicyDefinition>;
  if (typeof name !== 'string' || !/^[\w.-]{1,64}$/.test(name))
    throw new Error('its name is not 1 to 64 letters, digits and . _ -');
  if (!policyStages.some((known) => known === stage))
    throw new Error(`its stage is none of ${policyStages.join(', ')}`);
  if (onError !== undefined && onError !== 'refuse' && onError !== 'pass')
    throw new Error('its onError is neither refuse nor pass');
  if (typeof create !== 'function') throw new Error('it has no function create');
  if (options !== undefined && typeof options !== 'function' && typeof options.parse !== 'function')
    throw new Error('its options are neither a function nor a schema with parse');
  return found;
}
