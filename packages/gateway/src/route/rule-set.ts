import type { RoutableRequest } from './routable-request.ts';
import { accepts, compareRules } from './rule.ts';
import type { Matchable, Rule } from './rule.ts';

/** Rules of one header name, by the value they ask for. */
interface HeaderIndex<R extends Matchable> {
  readonly name: string;
  readonly rules: Map<string, Rule<R>[]>;
}

/**
 * The rules of all routes with the same host and the same path pattern, best first.
 *
 * Rules that ask for an exact header value are filed under it, so that ten thousand tenants told apart by a header cost
 * one look-up and not ten thousand comparisons.
 */
export class RuleSet<R extends Matchable> {
  readonly #plain: Rule<R>[] = [];
  readonly #indexes: HeaderIndex<R>[] = [];

  /** Files a rule at its place in the order. */
  add(rule: Rule<R>): void {
    const key = rule.headers.find((condition) => condition.value !== undefined);
    if (key?.value === undefined) insertSorted(this.#plain, rule);
    else insertSorted(this.#bucket(key.name, key.value), rule);
  }

  /** Takes the rule of a route out. */
  remove(rule: Rule<R>): void {
    const key = rule.headers.find((condition) => condition.value !== undefined);
    if (key?.value === undefined) return removeRouteOf(rule, this.#plain);
    const index = this.#indexes.find(({ name }) => name === key.name);
    const bucket = index?.rules.get(key.value);
    if (index === undefined || bucket === undefined) return;
    removeRouteOf(rule, bucket);
    if (bucket.length === 0) index.rules.delete(key.value);
    if (index.rules.size === 0) this.#indexes.splice(this.#indexes.indexOf(index), 1);
  }

  /** Whether there is no rule left. */
  get isEmpty(): boolean {
    return this.#plain.length === 0 && this.#indexes.length === 0;
  }

  /** The best rule that accepts the request. */
  first(facts: RoutableRequest, method: string): Rule<R> | undefined {
    let best = firstAccepting(this.#plain, facts, method);
    for (let at = 0; at < this.#indexes.length; at++) {
      const index = this.#indexes[at];
      const value = facts.header(index.name);
      const bucket = value === undefined ? undefined : index.rules.get(value);
      if (bucket === undefined) continue;
      const found = firstAccepting(bucket, facts, method);
      if (found !== undefined && (best === undefined || compareRules(found, best) < 0)) best = found;
    }
    return best;
  }

  /** At most so many of the rules, best first. Those that ask for another value of a header come in last. */
  some(facts: RoutableRequest, most: number): Rule<R>[] {
    const buckets = this.#indexes.map(({ name, rules }) => ({
      own: rules.get(facts.header(name) ?? '') ?? [],
      others: rules,
    }));
    const chosen = [...this.#plain, ...buckets.flatMap(({ own }) => own)].slice(0, most);
    for (const { own, others } of buckets) {
      for (const bucket of others.values()) {
        if (chosen.length >= most) break;
        if (bucket !== own) chosen.push(...bucket.slice(0, most - chosen.length));
      }
    }
    return chosen.toSorted(compareRules);
  }

  #bucket(name: string, value: string): Rule<R>[] {
    let index = this.#indexes.find((other) => other.name === name);
    if (index === undefined) {
      index = { name, rules: new Map() };
      this.#indexes.push(index);
    }
    let rules = index.rules.get(value);
    if (rules === undefined) {
      rules = [];
      index.rules.set(value, rules);
    }
    return rules;
  }
}

function firstAccepting<R extends Matchable>(
  rules: readonly Rule<R>[],
  facts: RoutableRequest,
  method: string,
): Rule<R> | undefined {
  for (let index = 0; index < rules.length; index++) {
    const rule = rules[index];
    if (accepts(rule, facts, method)) return rule;
  }
  return undefined;
}

function removeRouteOf<R extends Matchable>({ route }: Rule<R>, rules: Rule<R>[]): void {
  const at = rules.findIndex((rule) => rule.route === route);
  if (at !== -1) rules.splice(at, 1);
}

function insertSorted<R extends Matchable>(rules: Rule<R>[], rule: Rule<R>): void {
  let low = 0;
  let high = rules.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (compareRules(rules[middle], rule) <= 0) low = middle + 1;
    else high = middle;
  }
  rules.splice(low, 0, rule);
}
