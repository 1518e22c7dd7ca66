import type { ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../../testing/free-port.ts';
import { builtProgram, killProgram, listens, startProgram } from '../../testing/server-program.ts';

type Values = Readonly<Record<string, unknown>>;

/** A span as a collector wrote it. */
export interface CollectedSpan {
  readonly traceId: string;
  readonly spanId: string;
  /** Empty for the first span of a trace. */
  readonly parentSpanId: string;
  readonly name: string;
  readonly kind: number;
  readonly attributes: Values;
  readonly events: readonly { readonly name: string; readonly attributes: Values }[];
  readonly status: { readonly code?: number; readonly message?: string };
  readonly resource: Values;
}

/** A metric as a collector wrote it: with its gauge, sum or histogram as OTLP has it in JSON. */
export type CollectedMetric = { readonly name: string; readonly resource: Values } & Values;

/** A real OpenTelemetry Collector of a test, on 127.0.0.1, that takes OTLP and writes it to a file. */
export interface TestCollector {
  readonly httpUrl: string;
  readonly grpcUrl: string;
  /** What it took so far, over all its lives. */
  spans(): Promise<readonly CollectedSpan[]>;
  metrics(): Promise<readonly CollectedMetric[]>;
  /** SIGKILL; resolves when it is gone. */
  kill(): Promise<void>;
  /** Starts it on the same ports; resolves when it listens. */
  start(): Promise<void>;
  /** Ends it and removes its folder. */
  stop(): Promise<void>;
}

/** Files of the certificate that a collector shows. */
interface CollectorTls {
  readonly certFile: string;
  readonly keyFile: string;
}

/** Makes a collector, which `scripts/install-servers.sh` builds, and starts it; resolves when it listens. */
export async function startCollector(tls?: CollectorTls): Promise<TestCollector> {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-collector-'));
  const ports = [await freePort(), await freePort()] as const;
  const output = join(folder, 'taken.json');
  const config = join(folder, 'config.json');
  await writeFile(config, JSON.stringify(configOf(ports, output, tls)));
  const scheme = tls === undefined ? 'http' : 'https';
  let server = await startServer(config, ports);
  const taken = async (): Promise<readonly Taken[]> => {
    const text = existsSync(output) ? await readFile(output, 'utf8') : '';
    // The last line may not be complete yet.
    const lines = text.split('\n').slice(0, -1);
    return lines.map((line) => JSON.parse(line) as Taken);
  };
  return {
    httpUrl: `${scheme}://127.0.0.1:${ports[0]}`,
    grpcUrl: `${scheme}://127.0.0.1:${ports[1]}`,
    spans: async () => (await taken()).flatMap(({ resourceSpans = [] }) => resourceSpans.flatMap(spansOf)),
    metrics: async () => (await taken()).flatMap(({ resourceMetrics = [] }) => resourceMetrics.flatMap(metricsOf)),
    kill: () => killProgram(server),
    async start() {
      server = await startServer(config, ports);
    },
    async stop() {
      await killProgram(server);
      await rm(folder, { recursive: true });
    },
  };
}

function configOf([http, grpc]: readonly [number, number], path: string, files: CollectorTls | undefined): object {
  const tls = files && { cert_file: files.certFile, key_file: files.keyFile };
  const protocols = { http: { endpoint: `127.0.0.1:${http}`, tls }, grpc: { endpoint: `127.0.0.1:${grpc}`, tls } };
  const pipeline = { receivers: ['otlp'], exporters: ['file'] };
  return {
    receivers: { otlp: { protocols } },
    exporters: { file: { path, append: true, flush_interval: '50ms' } },
    service: { pipelines: { traces: pipeline, metrics: pipeline } },
  };
}

function startServer(config: string, ports: readonly number[]): Promise<ChildProcess> {
  return startProgram({
    name: 'the collector',
    program: builtProgram('OpenTelemetry Collector', 'otelcol-v0.161.0/otelcol'),
    args: ['--config', config],
    isReady: async () => (await Promise.all(ports.map(listens))).every(Boolean),
  });
}

interface KeyValue {
  readonly key: string;
  readonly value: Values;
}

interface Resource {
  readonly attributes?: readonly KeyValue[];
}

interface ResourceSpans {
  readonly resource: Resource;
  readonly scopeSpans: readonly { readonly spans: readonly WrittenSpan[] }[];
}

interface ResourceMetrics {
  readonly resource: Resource;
  readonly scopeMetrics: readonly { readonly metrics: readonly { readonly name: string }[] }[];
}

/** A line of the file. */
interface Taken {
  readonly resourceSpans?: readonly ResourceSpans[];
  readonly resourceMetrics?: readonly ResourceMetrics[];
}

type WrittenSpan = Omit<CollectedSpan, 'attributes' | 'events' | 'parentSpanId' | 'resource'> & {
  readonly parentSpanId?: string;
  readonly attributes?: readonly KeyValue[];
  readonly events?: readonly { readonly name: string; readonly attributes?: readonly KeyValue[] }[];
};

function spansOf({ resource, scopeSpans }: ResourceSpans): CollectedSpan[] {
  return scopeSpans.flatMap(({ spans }) =>
    spans.map((span) => ({
      parentSpanId: '',
      ...span,
      attributes: valuesOf(span.attributes),
      events: (span.events ?? []).map(({ name, attributes }) => ({ name, attributes: valuesOf(attributes) })),
      resource: valuesOf(resource.attributes),
    })),
  );
}

function metricsOf({ resource, scopeMetrics }: ResourceMetrics): CollectedMetric[] {
  return scopeMetrics.flatMap(({ metrics }) =>
    metrics.map((metric) => ({ ...metric, resource: valuesOf(resource.attributes) })),
  );
}

/** Integers come as texts, since they have 64 bits. */
function valuesOf(attributes: readonly KeyValue[] = []): Values {
  return Object.fromEntries(
    attributes.map(({ key, value: { intValue, ...value } }) => [
      key,
      intValue === undefined ? Object.values(value)[0] : Number(intValue),
    ]),
  );
}
