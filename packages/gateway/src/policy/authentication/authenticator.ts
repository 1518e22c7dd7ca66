import type { AuthenticationOutcome, Finding, PolicyRequest } from '../policy.ts';
import type { AuthenticationMethod } from './method.ts';

/** The longest that a method may take, in milliseconds. Each that asks a helper has a shorter limit of its own. */
const longestWaitMs = 15_000;

const late: AuthenticationOutcome = { unavailable: 'the method took too long' };

/** The methods of a route in their order. */
export class Authenticator {
  /** Equal for equal settings: what one has found out about a request holds for the other. */
  readonly key: string;
  readonly methods: readonly AuthenticationMethod[];
  readonly #nothing: Finding;

  constructor(key: string, methods: readonly AuthenticationMethod[]) {
    this.key = key;
    this.methods = methods;
    this.#nothing = { authenticator: key, method: -1, outcome: undefined };
  }

  /** Asks one method after the other, until one finds its credentials in the request. */
  identify(request: PolicyRequest): Finding | Promise<Finding> {
    return this.#ask(request, 0);
  }

  #ask(request: PolicyRequest, from: number): Finding | Promise<Finding> {
    for (let i = from; i < this.methods.length; i++) {
      const outcome = this.methods[i].identify(request);
      if (outcome instanceof Promise)
        return withinLimit(outcome).then((settled) =>
          settled === undefined ? this.#ask(request, i + 1) : this.#found(i, settled),
        );
      if (outcome !== undefined) return this.#found(i, outcome);
    }
    return this.#nothing;
  }

  #found(method: number, outcome: AuthenticationOutcome): Finding {
    return { authenticator: this.key, method, outcome };
  }
}

function withinLimit(outcome: Promise<AuthenticationOutcome | undefined>): Promise<AuthenticationOutcome | undefined> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, longestWaitMs, late);
    outcome.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
