import { readFileSync } from 'node:fs';
import { checkFiles, RefusedError, startGateway as startNode } from '@sluice/gateway';
import type { ApplyResult, Gateway, GatewayHealth, ListenAddress } from '@sluice/gateway';
import { parseConfig } from '@sluice/model';
import type { GatewayConfig, GatewayConfigInput, Problem } from '@sluice/model';
import { createLogger, metricText } from '@sluice/service';
import type { Logger } from '@sluice/service';

/** The part of a `sluice.yaml` that a gateway without a control plane has. */
export type EmbeddedConfig = Pick<GatewayConfigInput, 'proxy' | 'routes' | 'backends'>;

export interface EmbeddedOptions {
  /** Where the gateway's log goes; by default, warnings and errors go to stderr. */
  readonly log?: Logger;
}

/** A gateway that runs in this process, with worker threads of its own. */
export interface EmbeddedGateway {
  /** The address of the plain port, such as `http://127.0.0.1:8000`; undefined when `proxy.http` is false. */
  readonly url: string | undefined;
  /** The address of the TLS port; undefined without `proxy.tls`. */
  readonly tlsUrl: string | undefined;
  /** The revision that is live; it begins at 1 and counts every change. */
  readonly revision: number;
  /** Makes another configuration live in one swap. Rejects with a RefusedError when it cannot; the current one then stays. */
  apply(config: EmbeddedConfig): Promise<ApplyResult>;
  health(): GatewayHealth;
  /** The metrics in Prometheus' text format. */
  metrics(): string;
  /** Stops accepting, lets requests finish for at most `drainMs` (5 seconds unless given), and ends. May be called again. */
  close(options?: { readonly drainMs?: number }): Promise<void>;
}

/**
 * Starts a gateway in this process. Rejects with a RefusedError that has every problem of the configuration, or with the error of
 * a port that cannot be opened; nothing then stays open.
 */
export async function startGateway(
  config: EmbeddedConfig,
  { log = createLogger({ output: process.stderr, level: 'warn' }) }: EmbeddedOptions = {},
): Promise<EmbeddedGateway> {
  return embedded(await startNode({ config: await usable(config), log, version: version() }));
}

function embedded(gateway: Gateway): EmbeddedGateway {
  const { proxy, tls } = gateway.addresses;
  return {
    url: proxy && addressOf('http', proxy),
    tlsUrl: tls && addressOf('https', tls),
    get revision() {
      return gateway.revision;
    },
    apply: async (config) => await gateway.apply(await usable(config)),
    health: () => gateway.status.health(),
    metrics: () => metricText(gateway.status),
    close: ({ drainMs = 5_000 } = {}) => gateway.close({ drainMs }),
  };
}

const embeddedKeys: ReadonlySet<string> = new Set<keyof EmbeddedConfig>(['proxy', 'routes', 'backends']);

/** The configuration, if it is valid and the files that it names can be used. */
async function usable(given: EmbeddedConfig): Promise<GatewayConfig> {
  const config = parsed(given);
  const problems = await checkFiles(config);
  if (problems.length > 0) throw new RefusedError(problems);
  return config;
}

function parsed(config: EmbeddedConfig): GatewayConfig {
  const foreign = Object.keys(config)
    .filter((key) => !embeddedKeys.has(key))
    .map((key): Problem => ({
      path: [key],
      message: 'is not for an embedded gateway, which has proxy, routes and backends',
    }));
  if (foreign.length > 0) throw new RefusedError(foreign);
  const { proxy } = config;
  // The output of the program belongs to the program: what is not asked for is not written there.
  const quiet = { ...config, proxy: { ...proxy, accessLog: proxy?.accessLog ?? { failures: false } } };
  const result = parseConfig(quiet);
  if (!result.ok) throw new RefusedError(result.problems);
  return result.config;
}

function addressOf(scheme: string, { host, port }: ListenAddress): string {
  return `${scheme}://${host.includes(':') ? `[${host}]` : host}:${port}`;
}

function version(): string {
  const manifest = readFileSync(new URL('../package.json', import.meta.url), 'utf8');
  return (JSON.parse(manifest) as { version: string }).version;
}
