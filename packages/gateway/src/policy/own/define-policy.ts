/** The interface of policies that users write. It is public: `sluice/policy` exports it. */
import { isPromise, noteRejection } from './promises.ts';
import type { PolicyAnswer, PolicyRequest, PolicyResponse, PolicyStage } from '../policy.ts';

/** What runs on one route. `close` is called once when no exchange uses it any more. */
export interface PolicyInstance {
  /** May answer, edit, wait, or let the request pass by returning nothing. */
  onRequest?(request: PolicyRequest): void | PolicyAnswer | Promise<void | PolicyAnswer>;
  /** Sees every response of the route, the gateway's own too, and may edit its head. It cannot wait. */
  onResponse?(request: PolicyRequest, response: PolicyResponse): void;
  close?(): void;
}

/** Reads the options of the configuration: a function, or a schema with `parse`. Throws when it cannot use them. */
export type ReadOptions<Options> = ((given: unknown) => Options) | { parse(given: unknown): Options };

/** A policy as its module describes it. */
export interface PolicyDefinition<Options = unknown> {
  /** Appears in logs. */
  readonly name: string;
  readonly stage: PolicyStage;
  /** What becomes of a request when the policy fails or takes too long: 500, unless it may pass without the policy. */
  readonly onError?: 'refuse' | 'pass';
  /** Without it the policy takes no options. */
  readonly options?: ReadOptions<Options>;
  /** Makes what runs on one route, with the options of that route. */
  create(options: Options): PolicyInstance;
}

const mark = Symbol.for('sluice.policy');

/** Defines a policy of your own: the default export of a module that `policies` of a route names. */
export function definePolicy<Options = undefined>(definition: PolicyDefinition<Options>): PolicyDefinition<Options> {
  return Object.freeze({ ...definition, [mark]: true });
}

/** Whether a value was made with `definePolicy`, whichever copy of the package it comes from. */
export function isPolicyDefinition(value: unknown): value is PolicyDefinition {
  return typeof value === 'object' && value !== null && mark in value;
}

/** What a definition makes of the options of a route. Throws when it refuses them, or makes nothing that could run. */
export function createInstance(definition: PolicyDefinition, given: unknown): PolicyInstance {
  const instance: unknown = definition.create(optionsFor(definition, given));
  if (isPromise(instance)) return refuseLater(instance, 'its create is async: it has to return the functions at once');
  if (typeof instance !== 'object' || instance === null) throw new Error('its create returns no object');
  const parts = instance as Readonly<Record<string, unknown>>;
  for (const name of ['onRequest', 'onResponse', 'close'])
    if (parts[name] !== undefined && typeof parts[name] !== 'function') throw new Error(`its ${name} is no function`);
  // A mistyped name would leave the route without the policy.
  if (parts['onRequest'] === undefined && parts['onResponse'] === undefined)
    throw new Error('its create returns neither onRequest nor onResponse');
  return instance;
}

function optionsFor({ options: read }: PolicyDefinition, given: unknown): unknown {
  if (read === undefined) {
    if (Object.keys(given ?? {}).length > 0) throw new Error('the policy takes no options');
    return undefined;
  }
  const options = typeof read === 'function' ? read(given) : read.parse(given);
  if (isPromise(options))
    return refuseLater(options, 'its options are read by an async function: it has to return them at once');
  return options;
}

function refuseLater(promise: Promise<unknown>, message: string): never {
  // What it rejects with changes nothing, and would end the worker.
  noteRejection(promise, () => {});
  throw new Error(message);
}
