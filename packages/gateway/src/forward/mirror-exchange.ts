import type { CompiledMirror, Generation, ProxySettings } from '../compile/snapshot.ts';
import { frameRequest } from '../http1/framing.ts';
import { takeHead } from '../http1/head.ts';
import { parseRequestHead } from '../http1/parse-head.ts';
import type { Identity } from '../policy/policy.ts';
import type { WorkerContext } from './worker-context.ts';
import { Exchange } from './exchange.ts';
import type { MirrorClient } from './mirror-client.ts';

/**
 * A request to be mirrored, and what it runs on. It is counted as in flight, and holds its generation and the slot of the
 * candidate until it ends.
 */
export interface MirroredRequest {
  readonly worker: WorkerContext;
  readonly settings: ProxySettings;
  readonly generation: Generation;
  readonly mirror: CompiledMirror;
  readonly client: MirrorClient;
  readonly request: {
    /** The head as received, and how many fields it has. */
    readonly text: string;
    readonly fields: number;
    readonly path: string;
    readonly query: string;
    readonly host: string;
    /** Who sent the original request. */
    readonly identity: Identity | undefined;
    /** What the backend of the original request was told of the trace. */
    readonly traceFields: string | undefined;
  };
}

/**
 * An exchange with the candidate, in the generation of the original one, whatever was swapped since. Throws an Error if the
 * head cannot be parsed again, which is a bug.
 */
export function mirrorExchange({ worker, settings, generation, mirror, client, request }: MirroredRequest): Exchange {
  const { text, fields, path, query, host, identity, traceFields } = request;
  const head = takeHead();
  const bytes = Buffer.from(text, 'latin1');
  const fault = parseRequestHead(head, bytes, 0, bytes.length, fields) ?? frameRequest(head)?.reason;
  if (fault !== undefined) throw new Error(`a head that was in order is refused: ${fault}`);
  // What the candidate does is in the trace of the original request, which it continues.
  const own = { ...worker, tracer: undefined, snapshot: { ...worker.snapshot, settings, generation } };
  const exchange = new Exchange(own, client, { head, path, query, host });
  exchange.identity = identity;
  exchange.traceFields = traceFields;
  exchange.takeRoute(mirror.candidate);
  exchange.takeVersion(mirror.candidate.version.slot, '');
  return exchange;
}
