import type { ErrorCode } from '@sluice/model';
import type { CompiledRoute } from '../compile/snapshot.ts';
import type { Exchange } from './exchange.ts';

/** Counts a WebSocket from its handshake to its end. Returns an error if a limit is reached. */
export function admitTunnel(exchange: Exchange, route: CompiledRoute): ErrorCode | undefined {
  const { state } = exchange.worker;
  const owner = state.tunnelOwner(route.name, exchange.clientAddress);
  const verdict = state.tunnels.enter(owner, route.tunnelLimits);
  if (verdict === 'client is full') return 'TOO_MANY_WEBSOCKETS_OF_CLIENT';
  if (verdict === 'route is full') return 'TOO_MANY_WEBSOCKETS';
  exchange.onEnd(() => state.tunnels.leave(owner));
  return undefined;
}
