export type {
  ApplyOptions,
  ApplyResult,
  CheckedBackend,
  Gateway,
  GatewayOptions,
  ListenAddress,
} from './runtime/gateway.ts';
export type { BackendHealth } from './runtime/backend-health.ts';
export type { DetailedStatistics, StatusClass } from './runtime/route-statistics.ts';
export { startGateway } from './runtime/start-gateway.ts';
export { checkFiles, RefusedError } from './runtime/files.ts';
export type { GatewayStatus, GatewayHealth, GatewayLoad } from './runtime/gateway-status.ts';
export {
  createConfigSource,
  warnOf,
  type Applied,
  type ConfigSource,
  type ConfigSourceOptions,
} from './source/config-source.ts';
export { watchConfigSource } from './source/file.ts';
export { releaseStartupMemory } from './runtime/release-startup-memory.ts';
