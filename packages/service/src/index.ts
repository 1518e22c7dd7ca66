export type { Fetch, OutgoingAnswer, OutgoingContext, OutgoingRequest } from './outgoing-request.ts';
export { NoAnswerError, sendRequest } from './outgoing-request.ts';
export { codeOf, connectionFailure, messageOf, stackOf } from './caught-error.ts';
export { consumerKey, consumerKeyDigest } from './consumer-key.ts';
export type { Clock } from './clock.ts';
export { sleep, systemClock } from './clock.ts';
export type { Dependency, HealthStatus } from './dependency.ts';
export { LastCheck, openDependency, openReason, times } from './dependency.ts';
export type { ConfigProblem } from './config-problem.ts';
export { formatSource } from './config-problem.ts';
export { nearVariables } from './near-variables.ts';
export type { OwnNames } from './near-variables.ts';
export type { Override } from './environment.ts';
export type { FileWatchOptions, FileWatcher } from './file-watcher.ts';
export { fileSignature, watchFile } from './file-watcher.ts';
export type { LayerOptions, LayersResult } from './layers.ts';
export { loadLayers } from './layers.ts';
export type { LifecycleOptions, SignalSource, StopSignal } from './lifecycle.ts';
export { lifecycle } from './lifecycle.ts';
export { LogLevels } from './log-levels.ts';
export type { LogFields, Logger, LoggerOptions, LogLevel } from './logger.ts';
export { createLogger } from './logger.ts';
export type {
  HealthReport,
  ManagementStatus,
  ManagementHandler,
  ManagementServer,
  ManagementServerOptions,
  ManagementTls,
  Readiness,
} from './management-server.ts';
export { createManagementServer } from './management-server.ts';
export type {
  FormattedLabels,
  HistogramValues,
  Labels,
  MeasuredPart,
  MetricFamily,
  MetricWriter,
} from './metric-text.ts';
export { formatLabels, metricText } from './metric-text.ts';
export { isListedHost } from './own-hosts.ts';
export type { ProcessLog } from './process-log.ts';
export { createProcessLog } from './process-log.ts';
export type { Pause } from './pause.ts';
export { createPause } from './pause.ts';
export { isPem } from './pem.ts';
export { replacePrivateFile } from './private-file.ts';
export { makePrivateFolder } from './private-folder.ts';
export type { ListenPlace } from './listen-refused.ts';
export { ListenRefusedError } from './listen-refused.ts';
export type { TakenPort } from './port-probe.ts';
export { PortTakenError, probePort } from './port-probe.ts';
export type { Redaction } from './redaction/index.ts';
export { createRedaction, hidden } from './redaction/index.ts';
export type { SmallFileOptions } from './small-file.ts';
export { FileFault, readSmallFile } from './small-file.ts';
export type { FilesWatch } from './watch-files.ts';
export { watchFiles } from './watch-files.ts';
export { Turns } from './turns.ts';
export type { ConfigSchema, SchemaNode } from './schema-node.ts';
export type { TlsOptions, TlsProfile } from './tls-options.ts';
export { cipherProblems, tlsOptions } from './tls-options.ts';
