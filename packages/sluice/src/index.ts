export { RefusedError } from '@sluice/gateway';
export type { ApplyResult, GatewayHealth } from '@sluice/gateway';
export type { Problem } from '@sluice/model';
export type { Logger, LogFields } from '@sluice/service';
export { startGateway } from './start-gateway.ts';
export type { EmbeddedConfig, EmbeddedGateway, EmbeddedOptions } from './start-gateway.ts';
