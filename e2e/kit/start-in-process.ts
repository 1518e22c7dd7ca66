import { startGateway } from '@sluice/gateway';
import type { Gateway } from '@sluice/gateway';
import { parseConfig } from '@sluice/model';
import type { GatewayConfig, GatewayConfigInput } from '@sluice/model';
import { createLogger, metricText } from '@sluice/service';
import { sumOf } from './metric-sum.ts';

/** A gateway whose main thread is the test's: its configuration changes without a file, its workers can be made to crash. */
export interface InProcessGateway {
  readonly gateway: Gateway;
  readonly proxyPort: number;
  /** The log so far, as JSON lines. */
  readonly log: string;
  /** The sum of all samples of a metric whose labels contain `labels`; 0 when there are none. */
  metric(name: string, labels?: Record<string, string>): Promise<number>;
  close(): Promise<void>;
}

/** Starts a gateway in this process, on ports that are free. */
export async function startInProcess(config: GatewayConfigInput): Promise<InProcessGateway> {
  let log = '';
  const logger = createLogger({ output: { write: (line) => ((log += line), true) }, json: true });
  const parsed = parsedConfig({ management: { port: 0 }, ...config, proxy: { port: 0, ...config.proxy } });
  const gateway = await startGateway({ config: parsed, log: logger, version: 'test' });
  const { proxy } = gateway.addresses;
  if (proxy === undefined) throw new Error('the gateway serves no plain HTTP');
  return {
    gateway,
    proxyPort: proxy.port,
    get log() {
      return log;
    },
    metric: async (name, labels) => sumOf(metricText(gateway.status), name, labels),
    close: () => gateway.close({ drainMs: 5000 }),
  };
}

/** The parsed form of a configuration that is valid. */
export function parsedConfig(config: GatewayConfigInput): GatewayConfig {
  const result = parseConfig(config);
  if (!result.ok) throw new Error(JSON.stringify(result.problems));
  return result.config;
}
