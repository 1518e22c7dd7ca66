import { canonicalHost } from '@sluice/model/canonical-host';
import { LiteralEdges, hashOf } from './literal-edges.ts';

const dot = 0x2e;

/** What one host pattern leads to, and where to look next when nothing there takes the request. */
export interface Site<T> {
  readonly content: T;
  /** The next less specific host pattern that covers the same names. */
  next: Site<T> | undefined;
}

interface HostNode<T> {
  readonly id: number;
  readonly children: HostNode<T>[];
  exact: Site<T> | undefined;
  wildcard: Site<T> | undefined;
  /** The longest wildcard above this node, or any host. */
  wider: Site<T>;
}

/** Host patterns by label, from the last label to the first: exact, then the longest wildcard, then any host. */
export class HostTree<T> {
  readonly #edges = new LiteralEdges<HostNode<T>>();
  #nodes = 0;
  readonly #root: HostNode<T>;
  readonly #anyHost: Site<T>;
  readonly #create: () => T;

  /** `create` makes the content of a host pattern when it is first named. */
  constructor(create: () => T) {
    this.#create = create;
    this.#anyHost = this.#createSite(undefined);
    this.#root = this.#createNode(undefined);
  }

  /** The content for routes without hosts. */
  any(): T {
    return this.#anyHost.content;
  }

  /** The content for an exact host or for `*.suffix`. */
  at(pattern: string): T {
    const host = canonicalHost(pattern);
    const isWildcard = host.startsWith('*.');
    let node = this.#root;
    for (const label of (isWildcard ? host.slice(2) : host).split('.').toReversed()) node = this.#child(node, label);
    if (!isWildcard) return (node.exact ??= this.#createSite(node.wider)).content;
    if (node.wildcard === undefined) {
      node.wildcard = this.#createSite(node.wider);
      relink(node);
    }
    return node.wildcard.content;
  }

  /** Number of nodes. */
  get nodeCount(): number {
    return this.#nodes;
  }

  /** The most specific site for a host, which has its canonical spelling. */
  find(host: string): Site<T> {
    let best = this.#anyHost;
    if (this.#nodes === 1) return best;
    let node = this.#root;
    for (let end = host.length; ;) {
      let start = end;
      while (start > 0 && host.charCodeAt(start - 1) !== dot) start--;
      const child = this.#edges.find(node.id, host, start, end, hashOf(host, start, end));
      if (child === undefined) return best;
      if (start === 0) return child.exact ?? best;
      if (child.wildcard !== undefined) best = child.wildcard;
      node = child;
      end = start - 1;
    }
  }

  /** All sites, in no particular order. */
  *sites(): Generator<Site<T>, void> {
    yield this.#anyHost;
    const nodes = [this.#root];
    for (let node = nodes.pop(); node !== undefined; node = nodes.pop()) {
      if (node.exact !== undefined) yield node.exact;
      if (node.wildcard !== undefined) yield node.wildcard;
      for (const child of node.children) nodes.push(child);
    }
  }

  #child(parent: HostNode<T>, label: string): HostNode<T> {
    const known = this.#edges.get(parent.id, label);
    if (known !== undefined) return known;
    const node = this.#createNode(parent);
    this.#edges.add(parent.id, label, node);
    return node;
  }

  #createNode(parent: HostNode<T> | undefined): HostNode<T> {
    const id = this.#nodes++;
    const wider = parent?.wildcard ?? parent?.wider ?? this.#anyHost;
    const node: HostNode<T> = { id, children: [], exact: undefined, wildcard: undefined, wider };
    parent?.children.push(node);
    return node;
  }

  #createSite(next: Site<T> | undefined): Site<T> {
    return { content: this.#create(), next };
  }
}

/** Leads what lies below a node to its new wildcard, up to where there is a longer one. */
function relink<T>(node: HostNode<T>): void {
  for (const child of node.children) {
    child.wider = node.wildcard ?? node.wider;
    if (child.exact !== undefined) child.exact.next = child.wider;
    if (child.wildcard === undefined) relink(child);
    else child.wildcard.next = child.wider;
  }
}
