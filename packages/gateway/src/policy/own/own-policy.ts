import type { Held, Policy, PolicyAnswer, PolicyRequest } from '../policy.ts';
import { checkedAnswer } from './checked-edits.ts';
import { createInstance } from './define-policy.ts';
import type { PolicyDefinition, PolicyInstance } from './define-policy.ts';
import { GuardedRequest, guardedResponse } from './guarded-request.ts';
import { isPromise, noteRejection } from './promises.ts';

/** What became of a request at a policy, if it did not just pass. */
export type OwnOutcome = 'answered' | 'failed' | 'timed_out';

/** What an own policy is told to do, and whom it tells. */
export interface OwnPolicySettings {
  readonly options: unknown;
  /** How long it may wait, in milliseconds. */
  readonly timeout: number;
  count(outcome: OwnOutcome): void;
  /** Something went wrong in its code. */
  failed(policy: string, error: unknown, request?: PolicyRequest): void;
}

/** An instance with the exchanges that it sees. */
interface Living {
  readonly definition: PolicyDefinition;
  readonly instance: PolicyInstance;
  exchanges: number;
  isRetired: boolean;
}

/** A request, and what the code of the user sees of it. */
interface Guarded {
  readonly request: PolicyRequest;
  readonly guarded: GuardedRequest;
}

const refusal: PolicyAnswer = { error: 'INTERNAL_SERVER_ERROR' };

/**
 * Runs a policy of the user's own as one of ours. Whatever goes wrong in it harms the request at hand alone. A new version of
 * its module takes over with the next request; exchanges end with the version that they began with.
 */
export class OwnPolicy implements Policy, Held {
  readonly stage: Policy['stage'];
  readonly #settings: OwnPolicySettings;
  readonly #byRequest = new WeakMap<PolicyRequest, { readonly living: Living; readonly guarded: GuardedRequest }>();
  #current: Living;
  #users = 1;

  /** Throws when the policy refuses its options. */
  constructor(definition: PolicyDefinition, settings: OwnPolicySettings) {
    this.#settings = settings;
    this.stage = definition.stage;
    this.#current = begin(definition, settings.options);
  }

  get name(): string {
    return this.#current.definition.name;
  }

  /** Lets another version of the module take over. Throws when it cannot, and the version before goes on. */
  replace(definition: PolicyDefinition): void {
    if (definition.stage !== this.stage)
      throw new Error('its stage is another: that takes effect when the route changes, or with the next start');
    const next = begin(definition, this.#settings.options);
    this.#retire(this.#current);
    this.#current = next;
  }

  renew(): void {
    this.#users++;
  }

  giveBack(): void {
    this.#users--;
    if (this.#users === 0) this.#retire(this.#current);
  }

  /** Whether no route has it any more. */
  get isOver(): boolean {
    return this.#users === 0;
  }

  onRequest(request: PolicyRequest): void | PolicyAnswer | Promise<void | PolicyAnswer> {
    const living = this.#current;
    const guarded = this.#guard(request, living);
    living.exchanges++;
    this.#byRequest.set(request, { living, guarded });
    request.onEnd(() => {
      guarded.end();
      living.exchanges--;
      this.#closeIfOver(living);
    });
    if (living.instance.onRequest === undefined) return undefined;
    try {
      const given = living.instance.onRequest(guarded);
      return isPromise(given) ? this.#wait(given, living, { request, guarded }) : this.#answer(given);
    } catch (error) {
      return this.#fail(living, error, request);
    }
  }

  onResponse(...[request, response]: Parameters<NonNullable<Policy['onResponse']>>): void {
    const known = this.#byRequest.get(request);
    const living = known?.living ?? this.#current;
    const { definition, instance } = living;
    const guarded = known?.guarded ?? this.#guard(request, living);
    if (instance.onResponse === undefined || guarded.isOver) return;
    try {
      noteRejection(instance.onResponse(guarded, guardedResponse(response)), (error) =>
        this.#note(definition, error, request),
      );
    } catch (error) {
      this.#note(definition, error, request);
    }
  }

  #guard(request: PolicyRequest, { definition }: Living): GuardedRequest {
    return new GuardedRequest(request, (error) => this.#note(definition, error, request));
  }

  #wait(given: Promise<unknown>, living: Living, { request, guarded }: Guarded): Promise<void | PolicyAnswer> {
    const { timeout, count, failed } = this.#settings;
    return new Promise((resolve) => {
      let isLate = false;
      const timer = setTimeout(() => {
        isLate = true;
        guarded.end();
        count('timed_out');
        failed(living.definition.name, new Error(`it took longer than ${timeout} ms`), request);
        resolve(fallback(living.definition));
      }, timeout);
      const settle = (outcome: () => PolicyAnswer | undefined): void => {
        // After its time limit the policy may answer and fail as it likes.
        if (isLate) return;
        clearTimeout(timer);
        resolve(outcome());
      };
      given.then(
        (answer) => settle(() => this.#checked(living, answer, request)),
        (error: unknown) => settle(() => this.#fail(living, error, request)),
      );
    });
  }

  #checked(living: Living, given: unknown, request: PolicyRequest): PolicyAnswer | undefined {
    try {
      return this.#answer(given);
    } catch (error) {
      return this.#fail(living, error, request);
    }
  }

  #answer(given: unknown): PolicyAnswer | undefined {
    const answer = checkedAnswer(given);
    if (answer !== undefined) this.#settings.count('answered');
    return answer;
  }

  #fail({ definition }: Living, error: unknown, request: PolicyRequest): PolicyAnswer | undefined {
    this.#note(definition, error, request);
    return fallback(definition);
  }

  #note({ name }: PolicyDefinition, error: unknown, request: PolicyRequest): void {
    this.#settings.count('failed');
    this.#settings.failed(name, error, request);
  }

  #retire(living: Living): void {
    living.isRetired = true;
    this.#closeIfOver(living);
  }

  #closeIfOver(living: Living): void {
    if (!living.isRetired || living.exchanges > 0) return;
    const failed = (error: unknown): void => this.#settings.failed(living.definition.name, error);
    try {
      noteRejection(living.instance.close?.(), failed);
    } catch (error) {
      failed(error);
    }
  }
}

function begin(definition: PolicyDefinition, options: unknown): Living {
  return { definition, instance: createInstance(definition, options), exchanges: 0, isRetired: false };
}

function fallback({ onError = 'refuse' }: PolicyDefinition): PolicyAnswer | undefined {
  return onError === 'pass' ? undefined : refusal;
}
