export type { ApplyOptions, ApplyResult, Gateway, GatewayOptions, ListenAddress } from './node/gateway.ts';
export { startGateway } from './node/gateway.ts';
export { checkFiles, RefusedError } from './node/files.ts';
export type { GatewayFacts, NodeHealth } from './node/node-facts.ts';
export {
  createConfigSource,
  type Applied,
  type ConfigSource,
  type ConfigSourceOptions,
} from './source/config-source.ts';
export { watchConfigSource } from './source/file.ts';
