import { once } from 'node:events';
import { createServer } from 'node:http';
import { connect } from 'node:net';
import type { AddressInfo } from 'node:net';
import { startGateway } from '../../../packages/gateway/src/index.ts';
import type { Gateway } from '../../../packages/gateway/src/index.ts';
import { parseConfig } from '../../../packages/model/src/index.ts';
import type { GatewayConfig, GatewayConfigInput } from '../../../packages/model/src/index.ts';
import { createLogger, metricText } from '../../../packages/service/src/index.ts';

/** The result of a request: the status, and what the backend received, if anything. */
export interface Outcome {
  readonly status: number;
  readonly route: string | undefined;
  /** The request target as the backend received it. */
  readonly forwarded: string | undefined;
}

/** A gateway whose routes all lead to one backend, which echoes the request. */
export interface RunningGateway {
  readonly gateway: Gateway;
  /** The configuration with the changes of a test. */
  configWith(changes: Partial<GatewayConfigInput>): GatewayConfig;
  /** Sends a request line and header lines as they are. */
  ask(requestLine: string, headers: readonly string[]): Promise<Outcome>;
  metrics(): Promise<string>;
  close(): Promise<void>;
}

type Routes = NonNullable<GatewayConfigInput['routes']>;

/** Starts a gateway with these routes; their backends are replaced. */
export async function runGateway(routes: Routes): Promise<RunningGateway> {
  const backend = createServer((request, response) => response.end(request.url));
  await once(backend.listen(0, '127.0.0.1'), 'listening');
  const url = `http://127.0.0.1:${(backend.address() as AddressInfo).port}`;
  const input: GatewayConfigInput = {
    proxy: { port: 0, workers: 1, accessLog: { failures: false, format: 'json' } },
    management: { port: 0 },
    routes: routes.map((route) => ({
      ...route,
      backends: [{ name: 'echo', url }],
      transformations: { response: { addHeaders: { 'x-route': '${routeName}' } } },
    })),
  };
  const configWith = (changes: Partial<GatewayConfigInput>): GatewayConfig => {
    const parsed = parseConfig({ ...input, ...changes });
    if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
    return parsed.config;
  };
  const log = createLogger({ output: { write: () => true } });
  const gateway = await startGateway({ config: configWith({}), log, version: '0.0.0' });
  return {
    gateway,
    configWith,
    ask: (line, headers) => ask(gateway.addresses.proxy?.port ?? 0, line, headers),
    metrics: async () => metricText(gateway.status),
    async close() {
      await gateway.close({ drainMs: 0 });
      backend.closeAllConnections();
      backend.close();
    },
  };
}

/** Raw bytes, because an HTTP client would normalise the paths that matter here. */
async function ask(port: number, requestLine: string, headers: readonly string[]): Promise<Outcome> {
  const socket = connect(port, '127.0.0.1');
  socket.write([requestLine, ...headers, 'Connection: close', '', ''].join('\r\n'), 'latin1');
  let text = '';
  for await (const chunk of socket.setEncoding('latin1')) text += chunk as string;
  const [head = '', body] = text.split('\r\n\r\n');
  const route = /^x-route: (.*)$/im.exec(head)?.[1]?.trim();
  const status = Number(head.split(' ')[1]);
  return { status, route, forwarded: status === 200 ? body : undefined };
}
