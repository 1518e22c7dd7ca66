import type { Segment } from '@sluice/model';
import { LiteralEdges, hashStart, hashStep } from './literal-edges.ts';
import type { RoutableRequest } from './routable-request.ts';
import { RuleSet } from './rule-set.ts';
import type { Matchable, Rule } from './rule.ts';

const slash = 0x2f;

/** A place in the tree: the segments from the root to here have matched. */
export interface PathNode<R extends Matchable> {
  readonly id: number;
  hasLiterals: boolean;
  /** Where `*` and `{name}` lead: one segment that is not empty. */
  any: PathNode<R> | undefined;
  /** Rules of patterns that end here. */
  ends: RuleSet<R> | undefined;
  /** Rules of patterns that continue with `**`: no more segments, or any number of them. */
  rests: RuleSet<R> | undefined;
}

/**
 * Path patterns by segment. Each host has a root of its own; all roots share one table of literal edges.
 *
 * A search tries literal, then any, then rest at each segment and comes back when a branch accepts nothing, so that the
 * first hit is the most specific. It visits only nodes whose patterns match the path so far: at most two for each node
 * above, and never more than the configuration holds.
 */
export class PathTree<R extends Matchable> {
  readonly #edges = new LiteralEdges<PathNode<R>>();
  #nodes = 0;

  /** Nodes made so far: those that nothing leads to any more are among them. */
  get nodeCount(): number {
    return this.#nodes;
  }

  /** A new root, for one host. */
  createRoot(): PathNode<R> {
    return this.#createNode();
  }

  /** Files a rule under a pattern. The pattern without segments is `/`. */
  insert(root: PathNode<R>, pattern: readonly Segment[], rule: Rule<R>): void {
    let node = root;
    for (const segment of pattern) {
      if (segment.kind === 'rest') {
        (node.rests ??= new RuleSet()).add(rule);
        return;
      }
      node = segment.kind === 'literal' ? this.#literalChild(node, segment.text) : (node.any ??= this.#createNode());
    }
    // The path `/` is read as one empty segment, like the one behind the slash that ends `/a/`.
    if (pattern.length === 0) node = this.#literalChild(root, '');
    (node.ends ??= new RuleSet()).add(rule);
  }

  /** Takes a rule out from under its pattern. The nodes stay: they lead nowhere, which costs a search nothing. */
  remove(root: PathNode<R>, pattern: readonly Segment[], rule: Rule<R>): void {
    let node: PathNode<R> | undefined = root;
    for (const segment of pattern) {
      if (segment.kind === 'rest') {
        node.rests?.remove(rule);
        if (node.rests?.isEmpty === true) node.rests = undefined;
        return;
      }
      node = segment.kind === 'literal' ? this.#edges.get(node.id, segment.text) : node.any;
      if (node === undefined) return;
    }
    if (pattern.length === 0) node = this.#edges.get(root.id, '');
    node?.ends?.remove(rule);
    if (node?.ends?.isEmpty === true) node.ends = undefined;
  }

  /** The best rule below `node` for the path from `start`, the index after the slash that begins a segment. */
  search(node: PathNode<R>, start: number, facts: RoutableRequest, method: string): Rule<R> | undefined {
    const path = facts.path;
    let found: Rule<R> | undefined;
    if (start > path.length) {
      if (node.ends !== undefined) found = node.ends.first(facts, method);
    } else if (node.hasLiterals || node.any !== undefined) {
      found = this.#searchChildren(node, start, facts, method);
    }
    if (found === undefined && node.rests !== undefined) found = node.rests.first(facts, method);
    return found;
  }

  /** The rule sets that `search` asks, in its order, when none of them accepts the request. */
  *visited(node: PathNode<R>, start: number, path: string): Generator<RuleSet<R>, void> {
    if (start > path.length) {
      if (node.ends !== undefined) yield node.ends;
    } else {
      const slashAt = path.indexOf('/', start);
      const end = slashAt === -1 ? path.length : slashAt;
      const child = this.#edges.get(node.id, path.slice(start, end));
      if (child !== undefined) yield* this.visited(child, end + 1, path);
      if (node.any !== undefined && end > start) yield* this.visited(node.any, end + 1, path);
    }
    if (node.rests !== undefined) yield node.rests;
  }

  #searchChildren(node: PathNode<R>, start: number, facts: RoutableRequest, method: string): Rule<R> | undefined {
    const path = facts.path;
    let hash = hashStart;
    let end = start;
    for (; end < path.length; end++) {
      const code = path.charCodeAt(end);
      if (code === slash) break;
      hash = hashStep(hash, code);
    }
    if (node.hasLiterals) {
      const child = this.#edges.find(node.id, path, start, end, hash);
      if (child !== undefined) {
        const found = this.search(child, end + 1, facts, method);
        if (found !== undefined) return found;
      }
    }
    return node.any !== undefined && end > start ? this.search(node.any, end + 1, facts, method) : undefined;
  }

  #literalChild(parent: PathNode<R>, text: string): PathNode<R> {
    const known = this.#edges.get(parent.id, text);
    if (known !== undefined) return known;
    const child = this.#createNode();
    this.#edges.add(parent.id, text, child);
    parent.hasLiterals = true;
    return child;
  }

  #createNode(): PathNode<R> {
    return { id: this.#nodes++, hasLiterals: false, any: undefined, ends: undefined, rests: undefined };
  }
}
