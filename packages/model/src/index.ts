export type { ApiErrorCode, ApiErrorKind, ApiErrorName } from './api-errors.ts';
export { apiErrorCodes } from './api-errors.ts';
export type {
  BackendConfig,
  BackendTimeoutsConfig,
  BackendTlsConfig,
  ConnectionPoolConfig,
  HealthCheckConfig,
} from './backend-config.ts';
export { backendConfig, routeBackend } from './backend-config.ts';
export {
  backendIdOf,
  isOwnedBackend,
  isWritten,
  ownedBackendId,
  ownedBackendsOf,
  ownerOf,
  referenceIn,
  routeIdOf,
  sharedBackendsOf,
} from './identity.ts';
export { RoutesBy } from './routes-by.ts';
export type { AccessConfig, OidcConfig } from './access-config.ts';
export { canonicalHost } from './values/canonical-host.ts';
export type { Choice } from './config-warnings.ts';
export { RouteWarnings } from './config-warnings.ts';
export type { JsonSchema } from './config-json-schema.ts';
export { configJsonSchema, isDuration } from './config-json-schema.ts';
export type { AnalysisConfig, CheckName, GateConfig } from './deployment/analysis-config.ts';
export { analysisConfig, checkNames, gateConfig } from './deployment/analysis-config.ts';
export type {
  DeploymentsConfig,
  DeploymentEventKind,
  EmailConfig,
  FreezeWindow,
  GrafanaConfig,
  PrometheusConfig,
  WebhookConfig,
} from './deployment/deployments-config.ts';
export { deploymentsConfig, deploymentEventKinds } from './deployment/deployments-config.ts';
export type { DeploymentSettings, DeploymentStrategy, PhaseConfig } from './deployment/deployment-settings.ts';
export {
  conflictChoices,
  deploymentFields,
  deploymentSettings,
  deploymentStrategies,
} from './deployment/deployment-settings.ts';
export type { MirrorConfig, SmokeRequest, SplitSettings, StickyConfig, TesterRule } from './deployment/split-config.ts';
export { splitConfig } from './deployment/split-config.ts';
export type {
  BackendDocument,
  DocumentOf,
  OwnedBackendDocument,
  RouteBackendDocument,
  RouteDocument,
  SplitDocument,
  Unchecked,
} from './documents.ts';
export { listenersOf } from './listeners.ts';
export type { Listener } from './listeners.ts';
export { formatDuration, longestTimer, parseDuration } from './values/duration.ts';
export { encodeAnalysis, encodeBackend, encodeDeploymentSettings, encodeRoute } from './encode.ts';
export type { ErrorCode, ErrorKind, ErrorOrigin } from './errors.ts';
export { errorCodes } from './errors.ts';
export type { GatewayConfig, GatewayConfigInput, RoutesOwner } from './gateway-config.ts';
export { gatewayConfig } from './gateway-config.ts';
export type { HistoryConfig } from './history-config.ts';
export type { Immutable } from './immutable.ts';
export type { JsonObject, JsonValue } from './values/json-value.ts';
export { latencyBucketCount, latencyBucketOf, latencyBucketStart } from './latency-buckets.ts';
export type { ManagementConfig, ManagementTlsConfig } from './management-config.ts';
export { minimalBackend, minimalRoute } from './minimal.ts';
export { nearest, suggestion } from './nearest.ts';
export type { NodeConfig } from './node-config.ts';
export type { ChangesRequest, ControlConnection, ControlFailure } from './node/control-connection.ts';
export { ControlError, nodeKeyHeader } from './node/control-connection.ts';
export type { StoredHistory } from './node/may-replace.ts';
export { mayReplace } from './node/may-replace.ts';
export type { NodeChanges, NodeCommand } from './node/node-changes.ts';
export { nodeChanges, nodeCommands, revisionAnnouncement } from './node/node-changes.ts';
export { nodeReportInput } from './node/node-report.ts';
export type {
  NodeFault,
  NodeLoad,
  NodeReport,
  NodeSource,
  NodeSplit,
  NodeState,
  RefusedRevision,
  RouteStatistics,
  UnhealthyBackend,
} from './node/node-report.ts';
export type { BackendContext, ParseBackendResult } from './parse-backend.ts';
export { namedFileProblems } from './named-files.ts';
export { parseBackend } from './parse-backend.ts';
export type { ParseResult } from './parse-config.ts';
export { parseConfig } from './parse-config.ts';
export type { ParseRouteResult, RouteContext } from './parse-route.ts';
export { parseRoute } from './parse-route.ts';
export type { Segment } from './path-pattern.ts';
export { parsePathPattern } from './path-pattern.ts';
export type { Problem } from './values/problem.ts';
export { hiddenProblems, hideSecrets, markHidden, restoreHidden } from './values/hidden-secrets.ts';
export { countProblems, firstProblems, formatPath, ProblemList } from './values/problem.ts';
export type {
  AccessLogConfig,
  CertificateConfig,
  LimitsConfig,
  ProxyConfig,
  ProxyTimeoutsConfig,
  ProxyTlsConfig,
} from './proxy-config.ts';
export type { PathRewrite, RewritePart } from './rewrite-path.ts';
export { parseRewritePath } from './rewrite-path.ts';
export type {
  CircuitBreakerConfig,
  EjectionConfig,
  RetryPolicyConfig,
  RouteConfig,
  RouteSplit,
  StrategyConfig,
} from './route-config.ts';
export { shapeOf } from './same-matches.ts';
export type { Match } from './same-matches.ts';
export { sameContent } from './same-content.ts';
export { matchFields, routeConfig, routeDefaults } from './route-config.ts';
export type { TlsProfileConfig } from './tls-profile.ts';
export type { ProcessRole, Role } from './roles.ts';
export { processRoles, roles } from './roles.ts';
export type { RedisConfig, StoreConfig } from './store-config.ts';
export type { Strategy } from './strategies.ts';
export { httpMethods, strategies } from './strategies.ts';
export type { TemplatePart, TemplateVariable } from './template.ts';
export { parseReferences, parseTemplate, secretsIn, templateVariables } from './template.ts';
export { isFileName } from './file-name.ts';
export { isHeaderValue, isOneLine, protectedHeaders } from './values/text.ts';
export type { TransformationsConfig } from './transformations-config.ts';
export type { UsualVariable } from './usual-variables.ts';
export { usualVariables } from './usual-variables.ts';
export type { SplitCounts, VersionCounts } from './version-counts.ts';
export { noCounts } from './version-counts.ts';
