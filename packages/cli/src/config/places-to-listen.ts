import type { GatewayConfig } from '@sluice/model';
import { ListenRefusedError, PortTakenError, probePort } from '@sluice/service';
import type { ListenPlace } from '@sluice/service';

/** Where a process with this configuration listens. */
export function placesToListen({ role, proxy, management }: GatewayConfig): ListenPlace[] {
  const serves = role !== 'control';
  return [
    ...(serves && proxy.http ? [{ key: 'proxy.port', host: proxy.host, port: proxy.port }] : []),
    ...(serves && proxy.tls !== undefined ? [{ key: 'proxy.tls.port', host: proxy.host, port: proxy.tls.port }] : []),
    { key: 'management.port', host: management.host, port: management.port },
  ];
}

/** Some places cannot be listened on. */
export class PlacesError extends Error {
  override readonly name = 'PlacesError';
  readonly taken: readonly PortTakenError[];
  readonly refused: readonly ListenRefusedError[];

  constructor(taken: readonly PortTakenError[], refused: readonly ListenRefusedError[]) {
    super([...refused, ...taken].map(({ message }) => message).join('; '));
    this.taken = taken;
    this.refused = refused;
  }
}

/**
 * A place that cannot be listened on, together with all others of the configuration that cannot, so that they are told at
 * once; any other error as it is. They are tried only now: a port that opens for a moment at each start would look ready.
 */
export async function withOtherPlaces(first: unknown, config: GatewayConfig): Promise<unknown> {
  if (!isPlaceError(first)) return first;
  const tries = placesToListen(config).map(({ host, port, key }) => probePort(host, port, key));
  const failures = (await Promise.allSettled(tries)).flatMap((result) =>
    result.status === 'rejected' && isPlaceError(result.reason) ? [result.reason] : [],
  );
  // It may be free by now.
  const all = failures.some(({ key }) => key === first.key) ? failures : [first, ...failures];
  return new PlacesError(
    all.filter((failure) => failure instanceof PortTakenError),
    all.filter((failure) => failure instanceof ListenRefusedError),
  );
}

function isPlaceError(error: unknown): error is PortTakenError | ListenRefusedError {
  return error instanceof PortTakenError || error instanceof ListenRefusedError;
}
