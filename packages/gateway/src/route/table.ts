import { HostTree } from './host-tree.ts';
import type { Site } from './host-tree.ts';
import { PathTree } from './path-tree.ts';
import type { PathNode } from './path-tree.ts';
import type { RoutableRequest } from './routable-request.ts';
import { createRule, unmetBy } from './rule.ts';
import type { Matchable, Rule, Unmet } from './rule.ts';

/** Nodes that a table may have made beyond those it began with before it is better built anew. */
const sprawl = 1000;

const mostConsidered = 50;
const mostSites = 1000;
const mostOnOtherHosts = 10;

/** A route whose host and path fit a request. */
export interface ConsideredRoute<R extends Matchable> {
  readonly route: R;
  readonly rule: Rule<R>;
  /** How many more specific host patterns came before its own. */
  readonly host: number;
  /** The same for routes with the same host and the same path pattern. */
  readonly set: unknown;
  /** What keeps it from taking the request; undefined if nothing does. */
  readonly unmet: Unmet | undefined;
}

/** The first of the routes that fit, and whether there are more. */
export interface ConsideredRoutes<R extends Matchable> {
  readonly routes: readonly ConsideredRoute<R>[];
  readonly isCut: boolean;
}

/**
 * A set of routes, asked once for each request. Routes come and go between two requests, each in microseconds, so that a
 * change costs what it changes and a large table can be built in slices.
 */
export class RouteTable<R extends Matchable> {
  readonly #paths = new PathTree<R>();
  readonly #hosts = new HostTree<PathNode<R>>(() => this.#paths.createRoot());
  /** The methods that routes name, sorted, and how often they do. */
  #methods: readonly string[] = [];
  readonly #named = new Map<string, number>();
  #count = 0;
  /** How many nodes there were before the first route left. */
  #grown = 0;

  /** Number of routes. */
  get size(): number {
    return this.#count;
  }

  /** Nodes made so far: those that nothing leads to any more are among them. */
  get nodeCount(): number {
    return this.#paths.nodeCount + this.#hosts.nodeCount;
  }

  /** Whether routes have come and gone so often that the nodes they left behind are worth a new table. */
  get isSprawling(): boolean {
    return this.#grown > 0 && this.nodeCount > 2 * this.#grown + sprawl;
  }

  /** Files a route. */
  add(route: R): void {
    this.#file(createRule(route));
  }

  /** Takes out routes, as they were added, and files others: all of it, or nothing when it throws. */
  exchange(gone: readonly R[], added: readonly R[]): void {
    const [before, after] = [gone.map((route) => createRule(route)), added.map((route) => createRule(route))];
    if (before.length > 0 && this.#grown === 0) this.#grown = this.nodeCount;
    for (const rule of before) this.#takeOut(rule);
    for (const rule of after) this.#file(rule);
  }

  /**
   * The most specific route that takes the request. In this order: exact host, longest wildcard host, any host; at each
   * path segment literal, `*` or `{name}`, `**`; more header and query conditions; higher priority; name. A route that
   * fails on method, header or query does not hide a less specific one. Allocates nothing.
   */
  find(facts: RoutableRequest): R | undefined {
    const rule = this.#search(facts, facts.method);
    return rule === undefined ? undefined : rule.route;
  }

  /** The methods, sorted, with which `find` would have had an answer: for 405 and its Allow. Empty when nothing fits. */
  allowedMethods(facts: RoutableRequest): string[] {
    return this.#methods.filter((method) => this.#search(facts, method) !== undefined);
  }

  /** The routes that `find` looks at, in its order: the first without an `unmet` condition is the one that it returns. */
  considered(facts: RoutableRequest): ConsideredRoutes<R> {
    const found: ConsideredRoute<R>[] = [];
    let level = 0;
    for (let site: Site<PathNode<R>> | undefined = this.#hosts.find(facts.host); site !== undefined; site = site.next) {
      for (const set of this.#paths.visited(site.content, 1, facts.path)) {
        for (const rule of set.some(facts, mostConsidered + 1 - found.length))
          found.push({ route: rule.route, rule, host: level, set, unmet: unmetBy(rule, facts) });
      }
      level++;
    }
    return { routes: found.slice(0, mostConsidered), isCut: found.length > mostConsidered };
  }

  /** Routes whose path fits and whose hosts do not: a few of those on the first thousand hosts. */
  onOtherHosts(facts: RoutableRequest): R[] {
    const found = new Set<R>();
    let looked = 0;
    for (const site of this.#hosts.sites()) {
      if (looked++ > mostSites || found.size >= mostOnOtherHosts) break;
      for (const set of this.#paths.visited(site.content, 1, facts.path))
        for (const { route } of set.some(facts, mostOnOtherHosts - found.size)) found.add(route);
    }
    return [...found];
  }

  #file(rule: Rule<R>): void {
    const { hosts, pattern, methods } = rule.route;
    if (hosts.length === 0) this.#paths.insert(this.#hosts.any(), pattern, rule);
    for (const host of hosts) this.#paths.insert(this.#hosts.at(host), pattern, rule);
    for (const method of methods) this.#countMethod(method, 1);
    this.#count++;
  }

  #takeOut(rule: Rule<R>): void {
    const { hosts, pattern, methods } = rule.route;
    if (hosts.length === 0) this.#paths.remove(this.#hosts.any(), pattern, rule);
    for (const host of hosts) this.#paths.remove(this.#hosts.at(host), pattern, rule);
    for (const method of methods) this.#countMethod(method, -1);
    this.#count--;
  }

  #countMethod(method: string, change: 1 | -1): void {
    const count = (this.#named.get(method) ?? 0) + change;
    if (count === 0) this.#named.delete(method);
    else this.#named.set(method, count);
    if (this.#named.size !== this.#methods.length) this.#methods = [...this.#named.keys()].toSorted();
  }

  #search(facts: RoutableRequest, method: string): Rule<R> | undefined {
    for (let site = this.#hosts.find(facts.host); ;) {
      const rule = this.#paths.search(site.content, 1, facts, method);
      if (rule !== undefined || site.next === undefined) return rule;
      site = site.next;
    }
  }
}
