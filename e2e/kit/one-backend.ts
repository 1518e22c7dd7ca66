import type { GatewayConfigInput } from '@sluice/model';
import { startHttpBackend } from './http-backend.ts';
import type { HttpBackend } from './http-backend.ts';
import { connectRaw } from './raw-client.ts';
import type { RawClient } from './raw-client.ts';
import { startSluice } from './start-sluice.ts';
import type { Sluice } from './start-sluice.ts';

/** A gateway with one route to one backend, and the connections of who attacks it. */
export interface OneBackend {
  readonly backend: HttpBackend;
  readonly sluice: Sluice;
  /** Connects from an address that is not everybody else's. What goes wrong on the connection is the attacker's affair. */
  connect(options?: { localAddress?: string; timeout?: number }): Promise<RawClient>;
  /** Ends what was connected. */
  leave(): void;
  stop(): Promise<void>;
}

/** What is special about it. */
export interface OneBackendOptions {
  readonly answer?: HttpBackend['answer'];
  readonly workers?: number;
  readonly timeouts?: NonNullable<GatewayConfigInput['proxy']>['timeouts'];
  readonly route?: Partial<Route>;
  readonly connectionPool?: Partial<NonNullable<Backend['connectionPool']>>;
}

type Route = NonNullable<GatewayConfigInput['routes']>[number];
type Backend = Extract<Route['backends'][number], { url: string }>;

/** Starts both; the route takes every request. */
export async function startOneBackend(options: OneBackendOptions = {}): Promise<OneBackend> {
  const { answer, workers = 1, timeouts, route, connectionPool } = options;
  const backend = await startHttpBackend('backend');
  if (answer !== undefined) backend.answer = answer;
  const backends = [{ name: 'backend', url: backend.url, ...(connectionPool && { connectionPool }) }];
  const sluice = await startSluice({ proxy: { workers, timeouts }, routes: [{ name: 'all', ...route, backends }] });
  const clients: RawClient[] = [];
  return {
    backend,
    sluice,
    async connect({ localAddress = '127.0.0.2', timeout } = {}) {
      const client = await connectRaw(sluice.proxyPort, { localAddress, ...(timeout && { timeout }) });
      client.socket.on('error', () => undefined);
      clients.push(client);
      return client;
    },
    leave() {
      for (const client of clients.splice(0)) client.close();
    },
    async stop() {
      await sluice.stop();
      await backend.close();
    },
  };
}
