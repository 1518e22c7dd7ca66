import { hostname } from 'node:os';
import type { GatewayConfig } from '@sluice/model';
import { exportMetrics } from '@sluice/model/metrics';
import { nodeIdentity } from '@sluice/node';
import type { Logger, MetricWriter } from '@sluice/service';
import type { Attributes, SpanSink } from '@sluice/service/otlp';
import type { OtlpExporter } from '@sluice/service/otlp/exporter';
import { version } from '../command/version.ts';

/** What this process sends by OTLP. */
export interface Telemetry {
  /** Takes spans; undefined when nothing is traced. */
  readonly spans: SpanSink | undefined;
  writeMetrics(to: MetricWriter): void;
  /** Sends what waits, for a short while, and ends. */
  close(): Promise<void>;
}

/** Opens what the configuration asks for. A collector that is not there yet is no error. */
export async function openTelemetry(config: GatewayConfig, log: Logger): Promise<Telemetry> {
  const exporters = config.tracing === undefined ? [] : [await openTraces(config.tracing, config, log)];
  return {
    spans: exporters[0],
    writeMetrics: (to) => writeExportMetrics(to, exporters),
    close: async () => void (await Promise.all(exporters.map((exporter) => exporter.close(longestFlushMs)))),
  };
}

/** A process that stops has this long for what still waits: half of the time that the end of a drain may take. */
const longestFlushMs = 1_000;

async function openTraces(
  { otlpUrl: url, protocol, headers, compression }: NonNullable<GatewayConfig['tracing']>,
  config: GatewayConfig,
  log: Logger,
): Promise<OtlpExporter> {
  // Loaded only now: without tracing, nobody needs it.
  const { openExporter } = await import('@sluice/service/otlp/exporter');
  const endpoint = { url, protocol, headers, compression };
  return openExporter({ endpoint, signal: 'traces', resource: resourceOf(config), version, log });
}

/** What this process is, by the semantic conventions (https://opentelemetry.io/docs/specs/semconv/resource/). */
function resourceOf(config: GatewayConfig): Attributes {
  const { node, management, role } = config;
  // Processes of role control have no port of their own but this.
  const nameOfControl = node.name ?? `${hostname()}:${management.port}`;
  return {
    'service.name': 'sluice',
    'service.version': version,
    'service.instance.id': role === 'control' ? nameOfControl : nodeIdentity(config, version).nodeId,
    'deployment.environment.name': config.deployments.environment,
    'host.name': hostname(),
    'process.pid': process.pid,
    'telemetry.sdk.name': 'sluice',
    'telemetry.sdk.language': 'nodejs',
    'telemetry.sdk.version': version,
    'sluice.role': role,
  };
}

function writeExportMetrics(to: MetricWriter, exporters: readonly OtlpExporter[]): void {
  if (exporters.length === 0) return;
  const all = exporters.map((exporter) => exporter.counts());
  const sent = to.family(exportMetrics.sent);
  for (const { signal, sent: items } of all) sent({ signal }, items);
  const dropped = to.family(exportMetrics.dropped);
  for (const { signal, dropped: reasons } of all) {
    for (const [reason, items] of Object.entries(reasons)) dropped({ signal, reason }, items);
  }
  const failures = to.family(exportMetrics.failures);
  for (const { signal, failures: requests } of all) failures({ signal }, requests);
  const queue = to.family(exportMetrics.queueBytes);
  for (const { signal, queueBytes } of all) queue({ signal }, queueBytes);
}
