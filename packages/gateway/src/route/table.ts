import { HostTree } from './host-tree.ts';
import { PathTree } from './path-tree.ts';
import type { PathNode } from './path-tree.ts';
import type { RequestFacts } from './request-facts.ts';
import { createRule } from './rule.ts';
import type { Matchable, Rule } from './rule.ts';

/** An immutable set of routes, asked once for each request. */
export interface RouteTable<R extends Matchable> {
  /**
   * The most specific route that takes the request. In this order: exact host, longest wildcard host, any host; at each
   * path segment literal, `*` or `{name}`, `**`; more header and query conditions; higher priority; name. A route that
   * fails on method, header or query does not hide a less specific one. Allocates nothing.
   */
  find(facts: RequestFacts): R | undefined;
  /** The methods, sorted, with which `find` would have had an answer: for 405 and its Allow. Empty when nothing fits. */
  allowedMethods(facts: RequestFacts): string[];
  /** Number of routes. */
  readonly size: number;
}

/** Takes routes one by one, each in microseconds, so that a large table can be compiled in slices. */
export class RouteTableBuilder<R extends Matchable> {
  private readonly paths = new PathTree<R>();
  private readonly hosts = new HostTree<PathNode<R>>(() => this.paths.createRoot());
  private readonly methods = new Set<string>();
  private count = 0;
  private isBuilt = false;

  /** Files a route. Throws once the table is built, because the table would change under its readers. */
  add(route: R): void {
    if (this.isBuilt) throw new Error(`route ${route.name} was added after the table had been built`);
    const rule = createRule(route);
    if (route.hosts.length === 0) this.paths.insert(this.hosts.any(), route.pattern, rule);
    for (const host of route.hosts) this.paths.insert(this.hosts.at(host), route.pattern, rule);
    for (const method of route.methods) this.methods.add(method);
    this.count++;
  }

  /** The table of all routes added so far. The builder ends here. */
  build(): RouteTable<R> {
    this.isBuilt = true;
    this.hosts.seal();
    return new TreeTable(this.hosts, this.paths, { methods: [...this.methods].toSorted(), size: this.count });
  }
}

class TreeTable<R extends Matchable> implements RouteTable<R> {
  readonly size: number;
  private readonly hosts: HostTree<PathNode<R>>;
  private readonly paths: PathTree<R>;
  private readonly methods: readonly string[];

  constructor(hosts: HostTree<PathNode<R>>, paths: PathTree<R>, facts: { methods: readonly string[]; size: number }) {
    this.hosts = hosts;
    this.paths = paths;
    this.methods = facts.methods;
    this.size = facts.size;
  }

  find(facts: RequestFacts): R | undefined {
    const rule = this.search(facts, facts.method);
    return rule === undefined ? undefined : rule.route;
  }

  allowedMethods(facts: RequestFacts): string[] {
    return this.methods.filter((method) => this.search(facts, method) !== undefined);
  }

  private search(facts: RequestFacts, method: string): Rule<R> | undefined {
    for (let site = this.hosts.find(facts.host); ;) {
      const rule = this.paths.search(site.content, 1, facts, method);
      if (rule !== undefined || site.next === undefined) return rule;
      site = site.next;
    }
  }
}
