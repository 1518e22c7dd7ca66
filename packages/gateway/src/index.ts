export type {
  ApplyOptions,
  ApplyResult,
  BackendFilter,
  CheckedBackend,
  Gateway,
  GatewayOptions,
  ListenAddress,
} from './node/gateway.ts';
export type { BackendHealth } from './node/backend-health.ts';
export type { BackendFault } from './node/faults.ts';
export type { SplitFacts } from './node/split-facts.ts';
export type { RouteStatistics, StatusClass } from './node/route-statistics.ts';
export { startGateway } from './node/start-gateway.ts';
export { checkFiles, RefusedError } from './node/files.ts';
export type { GatewayFacts, NodeHealth, NodeLoad } from './node/node-facts.ts';
export {
  createConfigSource,
  warnOf,
  type Applied,
  type ConfigSource,
  type ConfigSourceOptions,
} from './source/config-source.ts';
export { watchConfigSource } from './source/file.ts';
export { releaseStartupMemory } from './node/release-startup-memory.ts';
