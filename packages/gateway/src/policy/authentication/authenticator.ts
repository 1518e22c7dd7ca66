import type { AuthenticationOutcome, Finding, PolicyRequest } from '../policy.ts';
import type { AuthenticationMethod, Unasked } from './method.ts';

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

  /**
   * Asks one method after the other, until one finds its credentials in the request. Credentials that are in the place of a
   * method but for another one are bad if no other method takes them from there.
   */
  identify(request: PolicyRequest): Finding | Promise<Finding> {
    return this.#ask(request, 0, this.#nothing);
  }

  /** The same for `sluice explain`, without an effect. */
  async explain(request: PolicyRequest): Promise<Finding | Unasked> {
    let last = this.#nothing;
    for (let i = 0; i < this.methods.length; i++) {
      if (last !== this.#nothing && !this.#mayTake(i, last.method)) continue;
      const outcome = await this.methods[i].explain(request);
      if (outcome === undefined) continue;
      if ('unasked' in outcome) return outcome;
      if (!('declined' in outcome)) return this.#found(i, outcome);
      if (last === this.#nothing) last = this.#found(i, { refused: outcome.declined });
    }
    return last;
  }

  /** `otherwise` holds if no method from this place on decides. */
  #ask(request: PolicyRequest, from: number, otherwise: Finding): Finding | Promise<Finding> {
    let last = otherwise;
    for (let i = from; i < this.methods.length; i++) {
      if (last !== this.#nothing && !this.#mayTake(i, last.method)) continue;
      const outcome = this.methods[i].identify(request);
      if (outcome instanceof Promise)
        return withinLimit(outcome).then((settled) =>
          settled === undefined ? this.#ask(request, i + 1, last) : this.#found(i, settled),
        );
      if (outcome === undefined) continue;
      if (!('declined' in outcome)) return this.#found(i, outcome);
      if (last === this.#nothing) last = this.#found(i, { refused: outcome.declined });
    }
    return last;
  }

  /** Whether a method may take what another one has declined. */
  #mayTake(method: number, declining: number): boolean {
    const { place } = this.methods[method];
    return place === 'anywhere' || place === this.methods[declining].place;
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
