import type { NodeResource } from '@sluice/model/api';
import { CommandFailure } from '../command/command.ts';
import type { Connection } from '../remote/connect.ts';
import { notTheApi } from '../remote/explain-api-failure.ts';

/** The nodes as the control plane sees them. */
export interface NodesAnswer {
  /** The current revision. */
  readonly revision: number;
  /** Every live node runs it. */
  readonly converged: boolean;
  readonly nodes: readonly NodeResource[];
}

/** The largest page that the API gives. */
const limit = 100;

/** Reads all nodes, or those of a query, from the management API. Rejects with a CommandFailure that says what to do. */
export async function readNodes({ call, url }: Connection, query: { live?: boolean } = {}): Promise<NodesAnswer> {
  const nodes: NodeResource[] = [];
  for (;;) {
    const page: unknown = await call((client) =>
      client.listNodes({ query: { ...query, limit, offset: nodes.length } }),
    );
    if (!isPage(page)) throw new CommandFailure(notTheApi(url));
    nodes.push(...page.nodes);
    if (page.nodes.length === 0 || nodes.length >= page.total) {
      return { revision: page.revision, converged: page.converged, nodes };
    }
  }
}

function isPage(body: unknown): body is NodesAnswer & { readonly total: number } {
  const page = body as Partial<NodesAnswer & { total: number }> | undefined;
  return Array.isArray(page?.nodes) && typeof page.total === 'number' && typeof page.revision === 'number';
}
