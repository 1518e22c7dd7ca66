export type { ApiErrorCode, ApiErrorKind, ApiErrorName } from './api/api-errors.ts';
export { apiErrorCodes } from './api/api-errors.ts';
export type {
  BackendConfig,
  BackendTimeoutsConfig,
  BackendTlsConfig,
  ConnectionPoolConfig,
  HealthCheckConfig,
} from './config/backend-config.ts';
export { backendConfig, routeBackend } from './config/backend-config.ts';
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
} from './documents/identity.ts';
export { RoutesBy } from './documents/routes-by.ts';
export type { AccessConfig, OidcConfig } from './config/access-config.ts';
export type { BasicMethodConfig } from './config/authentication/basic-method.ts';
export type { MtlsMethodConfig } from './config/authentication/mtls-method.ts';
export type { ApiKeyMethodConfig } from './config/authentication/api-key-method.ts';
export type { ExternalMethodConfig } from './config/authentication/external-method.ts';
export type { JwtMethodConfig } from './config/authentication/jwt-method.ts';
export type { IntrospectionMethodConfig } from './config/authentication/introspection-method.ts';
export type { OidcMethodConfig } from './config/authentication/oidc-method.ts';
export type {
  AuthenticationConfig,
  AuthenticationMethodConfig,
  ForwardConfig,
} from './config/authentication/authentication-config.ts';
export type { ChangesConfig, FileChanges } from './config/changes-config.ts';
export { changesConfig, isAnyMeasured, measuredSettings } from './config/changes-config.ts';
export type { RuleIdentity } from './rule/rule-variables.ts';
export { firstUser, weaknessOf } from './values/password-rule.ts';
export type { SharedBackends } from './changes/content-of.ts';
export { contentOf, contentOfBackend } from './changes/content-of.ts';
export type { ChangePlan, MeasuredRoute, PlanInput, Trial } from './changes/plan-changes.ts';
export { planChanges } from './changes/plan-changes.ts';
export { canonicalHost } from './values/canonical-host.ts';
export type { Choice, WarnedRoute } from './check/config-warnings.ts';
export { isPrivateHost } from './check/address-problems.ts';
export { RouteWarnings } from './check/config-warnings.ts';
export type { JsonSchema } from './config/config-json-schema.ts';
export { configJsonSchema, isDuration } from './config/config-json-schema.ts';
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
export { gateProblems, phaseProblems } from './deployment/settings-problems.ts';
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
} from './documents/documents.ts';
export { consumerIdField } from './config/consumer-config.ts';
export type { ConsumerConfig } from './config/consumer-config.ts';
export { consumerLimits } from './config/consumer-limits.ts';
export { consumerDocument, unknownFields } from './documents/consumer-document.ts';
export type { ConsumerDocument } from './documents/consumer-document.ts';
export type { AuthorizationConfig } from './config/authorization-config.ts';
export { listenersOf } from './check/listeners.ts';
export type { Listener } from './check/listeners.ts';
export { formatDuration, longestTimer, parseDuration } from './values/duration.ts';
export { encodeAnalysis, encodeBackend, encodeDeploymentSettings, encodeRoute } from './documents/encode.ts';
export type { ErrorCode, ErrorKind, ErrorOrigin } from './errors.ts';
export { errorCodes } from './errors.ts';
export type { GatewayConfig, GatewayConfigInput, RoutesOwner } from './config/gateway-config.ts';
export { gatewayConfig } from './config/gateway-config.ts';
export type { HistoryConfig } from './config/history-config.ts';
export type { Immutable } from './documents/immutable.ts';
export type { JsonObject, JsonValue } from './values/json-value.ts';
export {
  latencyBounds,
  latencyBucketCount,
  latencyBucketOf,
  latencyBucketStart,
  nearestLatencyBound,
} from './values/latency-buckets.ts';
export type { ManagementConfig, ManagementTlsConfig } from './config/management-config.ts';
export { minimalBackend, minimalRoute } from './documents/minimal.ts';
export { nearest, suggestion } from './values/nearest.ts';
export type { NodeConfig } from './config/node-config.ts';
export type { ConsumerNews, ConsumerPage, ConsumerQuestion, ConsumerSource } from './node/consumer-news.ts';
export { consumerNews, consumerPage } from './node/consumer-news.ts';
export type { ChangesRequest, ControlConnection, ControlFailure, NodeConnection } from './node/control-connection.ts';
export { ControlError, nodeKeyHeader } from './node/control-connection.ts';
export type {
  AdaptiveConcurrencyConfig,
  ConcurrencyConfig,
  CallerLimitsConfig,
  RateLimitRule,
  TierLimit,
} from './config/rate-limit-config.ts';
export { rateLimitRules } from './config/rate-limit-rules.ts';
export type { ExplainInput, Explanation } from './node/explanation.ts';
export { explainInput, explanation } from './node/explanation.ts';
export type { FollowedRequest, FollowedRequests, RequestFilter } from './node/followed-request.ts';
export { followedRequest, requestFilter } from './node/followed-request.ts';
export type { StoredHistory } from './node/may-replace.ts';
export { mayReplace } from './node/may-replace.ts';
export type { NodeChanges, NodeCommand } from './node/node-changes.ts';
export { nodeChanges, nodeCommands, revisionAnnouncement } from './node/node-changes.ts';
export { nodeReportInput } from './node/node-report.ts';
export type { NodeDependency } from './node/dependency-health.ts';
export type {
  BackendStatistics,
  KeyUseReport,
  Latencies,
  NodeBreaker,
  RedisAway,
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
export type { BackendContext, ParseBackendResult } from './check/parse-backend.ts';
export { namedFileProblems, policyFileProblems } from './check/named-files.ts';
export { policyFiles, policyModules } from './check/policy-files.ts';
export type { OwnPolicyConfig } from './config/policies-config.ts';
export type { FilesOfPolicies, PolicyFile } from './check/policy-files.ts';
export { parseBackend } from './check/parse-backend.ts';
export type { ParseResult } from './check/parse-config.ts';
export { parseConfig } from './check/parse-config.ts';
export type { ParseRouteResult, RouteContext } from './check/parse-route.ts';
export { parseRoute } from './check/parse-route.ts';
export type { Segment } from './values/path-pattern.ts';
export { parsePathPattern } from './values/path-pattern.ts';
export type { Problem } from './values/problem.ts';
export { hiddenProblems, hideSecrets, markHidden, restoreHidden } from './values/hidden-secrets.ts';
export { countProblems, firstProblems, formatPath, ProblemList } from './values/problem.ts';
export type { AccessLogConfig, RouteAccessLogConfig } from './config/access-log-config.ts';
export type { LoggingConfig, LogLevelName } from './config/logging-config.ts';
export { logLevels } from './config/logging-config.ts';
export type {
  CertificateConfig,
  LimitsConfig,
  ProxyConfig,
  ProxyTimeoutsConfig,
  ProxyTlsConfig,
} from './config/proxy-config.ts';
export type { PathRewrite, RewritePart } from './values/rewrite-path.ts';
export { parseRewritePath } from './values/rewrite-path.ts';
export type {
  CircuitBreakerConfig,
  EjectionConfig,
  RetryPolicyConfig,
  RouteConfig,
  RouteSplit,
  StrategyConfig,
} from './config/route-config.ts';
export { shapeOf } from './documents/same-matches.ts';
export type { Match } from './documents/same-matches.ts';
export { sameContent } from './documents/same-content.ts';
export { matchFields, routeConfig, routeDefaults } from './config/route-config.ts';
export type { TlsProfileConfig } from './config/tls-profile.ts';
export type { ProcessRole, Role } from './config/roles.ts';
export { processRoles, roles } from './config/roles.ts';
export type { SloConfig } from './config/slo-config.ts';
export { latencyQuantiles } from './config/slo-config.ts';
export type { RedisConfig, StoreConfig } from './config/store-config.ts';
export type { Strategy } from './config/strategies.ts';
export { httpMethods, strategies } from './config/strategies.ts';
export type { TemplatePart, TemplateVariable } from './values/template.ts';
export { parseReferences, parseTemplate, secretsIn, templateVariables } from './values/template.ts';
export { isFileName } from './values/file-name.ts';
export type { JwtAlgorithm, JwtFamily } from './values/jwt-algorithms.ts';
export { protectedHeaders } from './values/header-field.ts';
export { isHeaderValue, isOneLine } from './values/text.ts';
export type { RouteTracingConfig, TracingConfig } from './config/tracing-config.ts';
export type { TransformationsConfig } from './config/transformations-config.ts';
export type { UsualVariable } from './config/usual-variables.ts';
export { usualVariables } from './config/usual-variables.ts';
export type { SplitCounts, VersionCounts } from './documents/version-counts.ts';
export { noCounts } from './documents/version-counts.ts';
