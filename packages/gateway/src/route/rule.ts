import type { Segment } from '@sluice/model';
import { byteString, queryHas } from './query-has.ts';
import type { RoutableRequest } from './routable-request.ts';

/** The part of a route that decides which requests it takes. */
export interface Matchable {
  readonly name: string;
  readonly pattern: readonly Segment[];
  /** Upper-case method tokens; empty means any method. */
  readonly methods: readonly string[];
  /** Exact names or `*.example.com` (one label or more in place of the `*`); empty means any host. */
  readonly hosts: readonly string[];
  /** Header name to its exact value, or to `*` for "present". All must hold. */
  readonly headers: Readonly<Record<string, string>>;
  /** Query parameter to its exact value, or to `*` for "present". All must hold. */
  readonly query: Readonly<Record<string, string>>;
  readonly priority: number;
}

/** One header or query condition; without a value, presence is enough. */
export interface Condition {
  readonly name: string;
  readonly value: string | undefined;
}

/** A route's conditions besides host and path, prepared for matching. */
export interface Rule<R extends Matchable> {
  readonly route: R;
  readonly methods: readonly string[];
  readonly headers: readonly Condition[];
  readonly query: readonly Condition[];
}

/** Prepares the conditions of a route: names in the case of the wire, values as bytes. */
export function createRule<R extends Matchable>(route: R): Rule<R> {
  return {
    route,
    methods: route.methods,
    headers: conditions(route.headers, (name) => name.toLowerCase()),
    query: conditions(route.query, byteString),
  };
}

/** Whether the method, the headers and the query of the request meet the rule; host and path are met already. */
export function accepts<R extends Matchable>(rule: Rule<R>, facts: RoutableRequest, method: string): boolean {
  return (
    acceptsMethod(rule.methods, method) && acceptsHeaders(rule.headers, facts) && acceptsQuery(rule.query, facts.query)
  );
}

/** What of a request keeps a rule from accepting it; host and path are met already. */
export interface Unmet {
  readonly by: 'method' | 'header' | 'query';
  /** Of the header or the query parameter. */
  readonly name?: string;
}

/** The first condition that the request does not meet; undefined if `accepts`. */
export function unmetBy<R extends Matchable>(rule: Rule<R>, facts: RoutableRequest): Unmet | undefined {
  if (!acceptsMethod(rule.methods, facts.method)) return { by: 'method' };
  const header = rule.headers.find((condition) => !acceptsHeaders([condition], facts));
  if (header !== undefined) return { by: 'header', name: header.name };
  const parameter = rule.query.find((condition) => !acceptsQuery([condition], facts.query));
  return parameter && { by: 'query', name: Buffer.from(parameter.name, 'latin1').toString('utf8') };
}

/** Sorts rules of equal host and path: more conditions first, then the higher priority, then the name. */
export function compareRules<R extends Matchable>(a: Rule<R>, b: Rule<R>): number {
  const byConditions = b.headers.length + b.query.length - (a.headers.length + a.query.length);
  if (byConditions !== 0) return byConditions;
  if (a.route.priority !== b.route.priority) return b.route.priority - a.route.priority;
  if (a.route.name === b.route.name) return 0;
  return a.route.name < b.route.name ? -1 : 1;
}

function conditions(wanted: Readonly<Record<string, string>>, wireName: (name: string) => string): Condition[] {
  return Object.entries(wanted).map(([name, value]) => ({
    name: wireName(name),
    value: value === '*' ? undefined : byteString(value),
  }));
}

function acceptsMethod(methods: readonly string[], method: string): boolean {
  if (methods.length === 0) return true;
  for (let index = 0; index < methods.length; index++) {
    if (methods[index] === method) return true;
  }
  return false;
}

function acceptsHeaders(headers: readonly Condition[], facts: RoutableRequest): boolean {
  for (let index = 0; index < headers.length; index++) {
    const { name, value } = headers[index];
    const received = facts.header(name);
    if (received === undefined || (value !== undefined && received !== value)) return false;
  }
  return true;
}

function acceptsQuery(parameters: readonly Condition[], query: string): boolean {
  for (let index = 0; index < parameters.length; index++) {
    const { name, value } = parameters[index];
    if (!queryHas(query, name, value)) return false;
  }
  return true;
}
