import { LiteralEdges, hashOf } from './literal-edges.ts';

const dot = 0x2e;

/** What one host pattern leads to, and where to look next when nothing there takes the request. */
export interface Site<T> {
  readonly content: T;
  /** The next less specific host pattern that covers the same names; set when the tree is sealed. */
  next: Site<T> | undefined;
}

interface HostNode<T> {
  readonly id: number;
  readonly parent: HostNode<T> | undefined;
  exact: Site<T> | undefined;
  wildcard: Site<T> | undefined;
  /** The longest wildcard above this node, or any host; set when the tree is sealed. */
  wider: Site<T> | undefined;
}

/** Host patterns by label, from the last label to the first: exact, then the longest wildcard, then any host. */
export class HostTree<T> {
  private readonly edges = new LiteralEdges<HostNode<T>>();
  private readonly nodes: HostNode<T>[] = [];
  private readonly root: HostNode<T>;
  private readonly anyHost: Site<T>;
  private readonly create: () => T;

  /** `create` makes the content of a host pattern when it is first named. */
  constructor(create: () => T) {
    this.create = create;
    this.root = this.createNode(undefined);
    this.anyHost = this.createSite();
  }

  /** The content for routes without hosts. */
  any(): T {
    return this.anyHost.content;
  }

  /** The content for an exact host or for `*.suffix`. */
  at(pattern: string): T {
    const host = pattern.toLowerCase();
    const isWildcard = host.startsWith('*.');
    let node = this.root;
    for (const label of (isWildcard ? host.slice(2) : host).split('.').toReversed()) node = this.child(node, label);
    if (isWildcard) return (node.wildcard ??= this.createSite()).content;
    return (node.exact ??= this.createSite()).content;
  }

  /** Links each site to the next less specific one. Called once, after the last `at`. */
  seal(): void {
    // Parents stand before their children in the list, so what lies above a node is known when it is reached.
    for (const node of this.nodes) {
      node.wider = node.parent?.wildcard ?? node.parent?.wider ?? this.anyHost;
      if (node.exact !== undefined) node.exact.next = node.wider;
      if (node.wildcard !== undefined) node.wildcard.next = node.wider;
    }
  }

  /** The most specific site for a host in lower case. */
  find(host: string): Site<T> {
    let best = this.anyHost;
    if (this.nodes.length === 1) return best;
    let node = this.root;
    for (let end = host.length; ;) {
      let start = end;
      while (start > 0 && host.charCodeAt(start - 1) !== dot) start--;
      const child = this.edges.find(node.id, host, start, end, hashOf(host, start, end));
      if (child === undefined) return best;
      if (start === 0) return child.exact ?? best;
      if (child.wildcard !== undefined) best = child.wildcard;
      node = child;
      end = start - 1;
    }
  }

  private child(parent: HostNode<T>, label: string): HostNode<T> {
    const known = this.edges.get(parent.id, label);
    if (known !== undefined) return known;
    const node = this.createNode(parent);
    this.edges.add(parent.id, label, node);
    return node;
  }

  private createNode(parent: HostNode<T> | undefined): HostNode<T> {
    const id = this.nodes.length;
    const node: HostNode<T> = { id, parent, exact: undefined, wildcard: undefined, wider: undefined };
    this.nodes.push(node);
    return node;
  }

  private createSite(): Site<T> {
    return { content: this.create(), next: undefined };
  }
}
