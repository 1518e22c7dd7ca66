import { hostname } from 'node:os';
import type { GatewayConfig } from '@sluice/model';
import { exportMetrics } from '@sluice/model/metrics';
import { nodeIdentity } from '@sluice/node';
import { systemClock } from '@sluice/service';
import type { Logger, MeasuredPart, MetricWriter } from '@sluice/service';
import type { Attributes, MetricPush, SpanSink } from '@sluice/service/otlp';
import type { OtlpExporter, OtlpSignal } from '@sluice/service/otlp/exporter';
import { version } from '../command/version.ts';

/** What this process sends by OTLP. */
export interface Telemetry {
  /** Takes spans; undefined when nothing is traced. */
  readonly spans: SpanSink | undefined;
  writeMetrics(to: MetricWriter): void;
  /** From here on, what the process measures is sent, if the configuration wants that. */
  measures(process: MeasuredPart): Promise<void>;
  /** Sends what waits, and ends; `leftMs` is what is left of the time for the drain. */
  close(leftMs: number): Promise<void>;
}

/** Opens what the configuration asks for. A collector that is not there yet is no error. */
export async function openTelemetry(config: GatewayConfig, log: Logger): Promise<Telemetry> {
  const { tracing, metrics } = config;
  const traces = tracing && (await openSignal('traces', tracing, config, log));
  const measured =
    metrics.otlpUrl === undefined
      ? undefined
      : await openSignal('metrics', { ...metrics, otlpUrl: metrics.otlpUrl }, config, log);
  const exporters = [traces, measured].filter((exporter) => exporter !== undefined);
  let push: MetricPush | undefined;
  return {
    spans: traces,
    writeMetrics: (to) => writeExportMetrics(to, exporters),
    async measures(part) {
      if (measured === undefined) return;
      const otlp = await import('@sluice/service/otlp');
      push = new otlp.MetricPush({ part, exporter: measured, clock: systemClock, log });
    },
    async close(leftMs) {
      push?.close();
      const graceMs = Math.max(leastFlushMs, Math.min(longestFlushMs, leftMs));
      await Promise.all(exporters.map((exporter) => exporter.close(graceMs)));
    },
  };
}

/** A process that stops has this long for what still waits, as far as the time for its drain is not used up. */
const longestFlushMs = 5_000;
/** It always has this: half of what a process may take after its drain. */
const leastFlushMs = 1_000;

type Sending = Pick<NonNullable<GatewayConfig['tracing']>, 'otlpUrl' | 'protocol' | 'headers' | 'compression'>;

async function openSignal(
  signal: OtlpSignal,
  { otlpUrl: url, protocol, headers, compression }: Sending,
  config: GatewayConfig,
  log: Logger,
): Promise<OtlpExporter> {
  // Loaded only now: whoever sends nothing does not need it.
  const { openExporter } = await import('@sluice/service/otlp/exporter');
  const endpoint = { url, protocol, headers, compression };
  return openExporter({ endpoint, signal, resource: resourceOf(config), version, log });
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
