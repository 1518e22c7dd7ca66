import type { NodeResource } from '@sluice/model/api';
import { CommandFailure } from '../command.ts';

/** The nodes as control sees them. */
export interface NodesAnswer {
  /** The current revision. */
  readonly revision: number;
  /** Every live node runs it. */
  readonly converged: boolean;
  readonly nodes: readonly NodeResource[];
}

/** Where the management API is, and what to show it. */
export interface NodesSource {
  readonly url: string;
  readonly token: string | undefined;
}

/** The page size of the API at most. */
const limit = 100;
const timeoutMs = 10_000;

/** Reads all nodes from the management API. Rejects with a CommandFailure that says what to do. */
export async function readNodes(source: NodesSource): Promise<NodesAnswer> {
  const nodes: NodeResource[] = [];
  for (;;) {
    const page = await readPage(source, nodes.length);
    nodes.push(...page.nodes);
    if (page.nodes.length === 0 || nodes.length >= page.total) {
      return { revision: page.revision, converged: page.converged, nodes };
    }
  }
}

async function readPage(
  { url, token }: NodesSource,
  offset: number,
): Promise<NodesAnswer & { readonly total: number }> {
  const address = new URL(`/api/v1/gateway/nodes?limit=${limit}&offset=${offset}`, url);
  const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
  const answer = await fetch(address, { headers, redirect: 'error', signal: AbortSignal.timeout(timeoutMs) }).catch(
    (error: unknown) => {
      throw new CommandFailure(`the management API at ${address.origin} cannot be reached: ${reasonOf(error)}`);
    },
  );
  const body: unknown = await answer.json().catch(() => undefined);
  if (answer.ok && isPage(body)) return body;
  const { error } = (body ?? {}) as { error?: { message?: string } };
  const message = error?.message ?? `it answered ${answer.status}, but not as Sluice does`;
  const hint = answer.status === 401 ? ' (sluice login, or a key in SLUICE_TOKEN)' : '';
  throw new CommandFailure(`the management API at ${address.origin} does not list the nodes: ${message}${hint}`);
}

function isPage(body: unknown): body is NodesAnswer & { readonly total: number } {
  const page = body as Partial<NodesAnswer & { total: number }> | undefined;
  return Array.isArray(page?.nodes) && typeof page.total === 'number' && typeof page.revision === 'number';
}

/** What `fetch` says is only that it failed; why is in its cause. */
function reasonOf(error: unknown): string {
  const { cause, message } = error as Error;
  if (!(cause instanceof Error)) return message;
  return cause.message === '' && 'code' in cause ? String(cause.code) : cause.message;
}
