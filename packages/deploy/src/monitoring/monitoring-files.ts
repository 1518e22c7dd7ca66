/** A file for Prometheus, Alertmanager or Grafana. */
export interface MonitoringFile {
  /** Where it belongs below the folder for all of them, with `/` between folders. */
  readonly path: string;
  readonly content: string;
}
