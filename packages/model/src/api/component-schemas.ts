import type { z } from 'zod';
import { backendConfig } from '../config/backend-config.ts';
import { routeConfig } from '../config/route-config.ts';
import { apiKeyCreated, apiKeyInput, apiKeyList, apiKeyResource } from './api-key-resource.ts';
import { auditList, auditResource } from './audit-resource.ts';
import {
  callerResource,
  loginInput,
  loginResource,
  oidcCodeResource,
  oidcTokenInput,
  passwordInput,
  refreshInput,
} from './authentication-resource.ts';
import {
  backendHealth,
  backendInput,
  backendList,
  backendPatch,
  backendResource,
  healthCheckAccepted,
  healthCheckInput,
  healthStatus,
} from './backend-resource.ts';
import { changePreview, changeResource, problemResource } from './change-resource.ts';
import { configurationExport, configurationInput, wholeConfiguration } from './configuration-resource.ts';
import {
  consumerInput,
  consumerKeyCreated,
  consumerKeyInput,
  consumerKeyList,
  consumerKeyResource,
  consumerList,
  consumerPatch,
  consumerResource,
} from './consumer-resource.ts';
import {
  deliveryDurations,
  deliveryFigures,
  deliveryLine,
  deliveryLineInput,
  deliverySummary,
} from './delivery-resource.ts';
import { deploymentEventResource, deploymentEnd } from './deployment-event-resource.ts';
import { deploymentInput, promotionInput, reasonInput, remarkInput } from './deployment-input.ts';
import {
  deployedRouteResource,
  deploymentFigures,
  deploymentList,
  deploymentMetrics,
  deploymentResource,
  deploymentStatus,
  deploymentWithRoutes,
  phaseResource,
} from './deployment-resource.ts';
import { errorResource } from './error-resource.ts';
import { healthResource, metricsResource } from './health-resource.ts';
import { nodeChanges } from '../node/node-changes.ts';
import { nodeReportInput } from '../node/node-report.ts';
import { logLevelInput, logLevelResource } from './logging-resource.ts';
import { nodeList, nodeResource } from './node-resource.ts';
import {
  restoreInput,
  revisionDifference,
  revisionList,
  revisionResource,
  revisionWithChanges,
} from './revision-resource.ts';
import {
  routeInput,
  routeList,
  routePatch,
  routeResource,
  routeStatistics,
  routeVersionInput,
  routeVersionList,
  routeVersionResource,
  routeWithStatistics,
} from './route-resource.ts';
import {
  checkResource,
  differenceResource,
  gateResource,
  verdictResource,
  versionFigures,
} from './verdict-resource.ts';
import { roleField, sessionList, userInput, userList, userPatch, userResource } from './user-resource.ts';

/** The schemas that stand under a name of their own in the OpenAPI document. */
export const componentSchemas: Readonly<Record<string, z.ZodType>> = {
  ApiKey: apiKeyResource,
  ApiKeyCreated: apiKeyCreated,
  ApiKeyInput: apiKeyInput,
  ApiKeyList: apiKeyList,
  AuditLog: auditResource,
  AuditLogList: auditList,
  Backend: backendResource,
  BackendConfig: backendConfig,
  BackendHealth: backendHealth,
  BackendInput: backendInput,
  BackendList: backendList,
  BackendPatch: backendPatch,
  Caller: callerResource,
  Change: changeResource,
  ChangePreview: changePreview,
  Configuration: wholeConfiguration,
  ConfigurationExport: configurationExport,
  ConfigurationInput: configurationInput,
  Consumer: consumerResource,
  ConsumerInput: consumerInput,
  ConsumerKey: consumerKeyResource,
  ConsumerKeyCreated: consumerKeyCreated,
  ConsumerKeyInput: consumerKeyInput,
  ConsumerKeyList: consumerKeyList,
  ConsumerList: consumerList,
  ConsumerPatch: consumerPatch,
  DeliveryDurations: deliveryDurations,
  DeliveryFigures: deliveryFigures,
  DeliveryLine: deliveryLine,
  DeliveryLineInput: deliveryLineInput,
  DeliverySummary: deliverySummary,
  DeployedRoute: deployedRouteResource,
  Deployment: deploymentResource,
  DeploymentCheck: checkResource,
  DeploymentEnd: deploymentEnd,
  DeploymentEvent: deploymentEventResource,
  DeploymentFigures: deploymentFigures,
  DeploymentGate: gateResource,
  DeploymentDifference: differenceResource,
  DeploymentInput: deploymentInput,
  DeploymentList: deploymentList,
  DeploymentMetrics: deploymentMetrics,
  DeploymentPhase: phaseResource,
  DeploymentStatus: deploymentStatus,
  DeploymentVerdict: verdictResource,
  DeploymentWithRoutes: deploymentWithRoutes,
  Error: errorResource,
  Health: healthResource,
  HealthCheckAccepted: healthCheckAccepted,
  HealthCheckInput: healthCheckInput,
  HealthStatus: healthStatus,
  LogLevel: logLevelResource,
  LogLevelInput: logLevelInput,
  Login: loginResource,
  LoginInput: loginInput,
  Metrics: metricsResource,
  Node: nodeResource,
  NodeChanges: nodeChanges,
  NodeList: nodeList,
  NodeReport: nodeReportInput,
  OidcCode: oidcCodeResource,
  OidcTokenInput: oidcTokenInput,
  PasswordInput: passwordInput,
  Problem: problemResource,
  PromotionInput: promotionInput,
  ReasonInput: reasonInput,
  RefreshInput: refreshInput,
  RemarkInput: remarkInput,
  RestoreInput: restoreInput,
  Revision: revisionResource,
  RevisionDifference: revisionDifference,
  RevisionList: revisionList,
  RevisionWithChanges: revisionWithChanges,
  Role: roleField,
  Route: routeResource,
  RouteConfig: routeConfig,
  RouteInput: routeInput,
  RouteList: routeList,
  RoutePatch: routePatch,
  RouteStatistics: routeStatistics,
  RouteVersion: routeVersionResource,
  RouteVersionInput: routeVersionInput,
  RouteVersionList: routeVersionList,
  RouteWithStatistics: routeWithStatistics,
  SessionList: sessionList,
  User: userResource,
  UserInput: userInput,
  UserList: userList,
  UserPatch: userPatch,
  VersionFigures: versionFigures,
};
