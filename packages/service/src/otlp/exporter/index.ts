export type { DropReason, ExporterCounts, OtlpExporter } from './exporter.ts';
export type { OpenExporterOptions } from './open-exporter.ts';
export { openExporter } from './open-exporter.ts';
export type { OtlpEndpoint, OtlpSignal } from './sender.ts';
