import type { SloConfig } from '@sluice/model';

/** A file for Prometheus, Alertmanager or Grafana. */
export interface MonitoringFile {
  /** Where it belongs below the folder for all of them, with `/` between folders. */
  readonly path: string;
  /** Has `writtenBy` near its beginning. */
  readonly content: string;
}

/** What every file says of itself, so that the command replaces no file that somebody else made. */
export const writtenBy = 'Written by sluice monitoring';

/** A process, as Prometheus reaches it: a process of Sluice at its management port. */
export interface MonitoringTarget {
  readonly scheme: 'http' | 'https';
  /** `HOST:PORT`. */
  readonly address: string;
}

/** A route that promises something. */
export interface RouteObjective {
  readonly route: string;
  readonly slo: SloConfig;
}

/** What the files are made of. */
export interface MonitoringInput {
  readonly targets: readonly MonitoringTarget[];
  /** PEM file of the authorities that targets are verified with; those of the system if absent. */
  readonly caFile?: string | undefined;
  readonly alertmanagers: readonly MonitoringTarget[];
  /** Where Grafana reaches Prometheus. */
  readonly prometheus: string;
  /** Where people open Jaeger; dashboards do not lead to traces if absent. */
  readonly jaeger?: string | undefined;
  /** Where Alertmanager sends what it is told; nowhere if absent. */
  readonly webhook?: string | undefined;
  /** Address or folder of the runbooks. */
  readonly runbooks: string;
  readonly objectives: readonly RouteObjective[];
}
