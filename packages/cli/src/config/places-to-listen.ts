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

/** Tries every place, before anything is opened or created, so that all that is wrong is told at once. Rejects with a PlacesError. */
export async function probePlaces(config: GatewayConfig): Promise<void> {
  const tries = placesToListen(config).map(({ host, port, key }) => probePort(host, port, key));
  const failures = (await Promise.allSettled(tries)).flatMap((result): Error[] =>
    result.status === 'rejected' ? [result.reason as Error] : [],
  );
  const taken = failures.filter((failure) => failure instanceof PortTakenError);
  const refused = failures.filter((failure) => failure instanceof ListenRefusedError);
  const unknown = failures.find(
    (failure) => !(failure instanceof PortTakenError || failure instanceof ListenRefusedError),
  );
  if (unknown !== undefined) throw unknown;
  if (failures.length > 0) throw new PlacesError(taken, refused);
}
