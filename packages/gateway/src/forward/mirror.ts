/**
 * Mirrors requests to the candidate of a deployment. A mirrored request is sent when the original exchange is over. It has
 * its own connections, and uses no limit, breaker, budget or count of real requests: whatever the candidate does with it,
 * no client notices.
 */
import { maxMirrored } from '../compile/compile-mirror.ts';
import type { CompiledMirror } from '../compile/snapshot.ts';
import type { Exchange } from './exchange.ts';
import { MirrorBody } from './mirror-body.ts';
import { MirrorClient } from './mirror-client.ts';
import { sendMirrored } from './mirror-attempt.ts';
import { versionOutcome } from './version-outcome.ts';
import { pathRefusal } from './path-refusal.ts';

/** Methods that change nothing (RFC 9110 §9.2.1), so that a second time does no harm. */
const safeMethods = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE']);

/** Decides at random whether a request of the stable version is mirrored, which happens when its exchange has ended. */
export function considerMirroring(exchange: Exchange, mirror: CompiledMirror, draw: () => number = Math.random): void {
  if (draw() * 100 >= mirror.percentage) return;
  if (!mirror.unsafeMethods && !safeMethods.has(exchange.method)) return;
  if (pathRefusal(exchange, mirror.candidate) !== undefined) return;
  // A WebSocket is a conversation, and cannot be held with two partners.
  if (exchange.wantsWebSocket || exchange.head.contentLength > MirrorBody.limit) return;
  const { generation, worker } = exchange;
  const { slot } = mirror.candidate.version;
  const body = exchange.client.body.mirror();
  // Held for the mirrored request, which begins after the exchange has let go: the configuration, and the slot of the version.
  generation.inUse++;
  worker.state.versions.add(slot);
  exchange.onEnd(() => {
    if (isWorthMirroring(exchange, body)) return mirrorRequest(exchange, mirror, body.text);
    worker.state.versions.leave(slot);
    generation.inUse--;
    worker.generationLeft(generation);
  });
}

/**
 * A request that the client gave up, that came only in part, or that no backend was chosen for says nothing about the
 * candidate. Without an attempt, the policies did not let it pass.
 */
function isWorthMirroring(exchange: Exchange, body: MirrorBody): boolean {
  const { worker, client } = exchange;
  if (worker.draining || worker.mirrored.inFlight >= maxMirrored) return false;
  if (!client.body.done || body.tooLarge) return false;
  const outcome = versionOutcome(exchange);
  return exchange.attempt !== undefined && outcome !== 'aborted' && outcome !== 'rejected';
}

/** Notes the request while the exchange still has it, and sends it after the work that is due for real requests. */
function mirrorRequest(exchange: Exchange, mirror: CompiledMirror, body: string): void {
  const { worker, settings, generation, head, path, query, host, identity, traceFields } = exchange;
  const request = { text: head.text, fields: head.count, path, query, host, identity, traceFields };
  const client = new MirrorClient(exchange, body);
  worker.mirrored.inFlight++;
  setImmediate(() => sendMirrored({ worker, settings, generation, mirror, client, request }));
}
