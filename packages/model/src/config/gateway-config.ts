import { z } from 'zod';
import { line } from '../values/text.ts';
import { accessConfig } from './access-config.ts';
import { backendConfig } from './backend-config.ts';
import type { BackendConfig } from './backend-config.ts';
import { changesConfig } from './changes-config.ts';
import type { FileChanges } from './changes-config.ts';
import { consumerConfig } from './consumer-config.ts';
import type { ConsumerConfig } from './consumer-config.ts';
import { consumerLimits } from './consumer-limits.ts';
import { deploymentsConfig } from '../deployment/deployments-config.ts';
import { historyConfig } from './history-config.ts';
import { callerLimits } from './rate-limit-config.ts';
import { loggingConfig } from './logging-config.ts';
import { managementConfig } from './management-config.ts';
import { metricsConfig } from './metrics-config.ts';
import { nodeConfig } from './node-config.ts';
import { proxyConfig } from './proxy-config.ts';
import { processRoles } from './roles.ts';
import { routeConfig } from './route-config.ts';
import type { RouteConfig } from './route-config.ts';
import { redisConfig, storeConfig } from './store-config.ts';
import { tracingConfig } from './tracing-config.ts';

/** Schema of a route in a configuration file. */
const fileRoute = routeConfig
  .extend({
    changes: changesConfig
      .optional()
      .describe('How a saved change of this route goes live. If absent, the key of the file says it.'),
  })
  .describe('What to match, and which backends serve it.');

/** Schema of the whole configuration of a gateway. */
export const gatewayConfig = z
  .strictObject({
    // Editors find the schema through it in JSON files; it means nothing to the gateway.
    $schema: line(2048).optional().describe('Address of the JSON Schema, for editors.'),
    role: z
      .enum(processRoles)
      .default('all')
      .describe('What this process is: the gateway, the control plane, or both (all).'),
    proxy: proxyConfig,
    management: managementConfig,
    store: storeConfig,
    redis: redisConfig.optional(),
    limits: callerLimits,
    logging: loggingConfig,
    tracing: tracingConfig.optional(),
    access: accessConfig,
    history: historyConfig,
    node: nodeConfig,
    metrics: metricsConfig,
    deployments: deploymentsConfig,
    changes: changesConfig.default('direct'),
    routes: z
      .array(fileRoute)
      .optional()
      .describe('The routes. With this key, the file owns routes and backends; without it, the API does.'),
    backends: z
      .array(backendConfig)
      .prefault([])
      .describe('Backends that several routes share: a route names them by backendId.'),
    consumers: z
      .array(consumerConfig)
      .max(consumerLimits.consumers)
      .prefault([])
      .describe('Callers of the APIs, and the hashes of their keys. Those of the API are known beside them.'),
  })
  .describe('Configuration of the Sluice gateway.');

/** Whether routes and backends come from the file, or are left to the API. */
export type RoutesOwner = 'file' | 'api';

/** The configuration of a gateway, validated and with its defaults; durations in milliseconds. */
export interface GatewayConfig extends Omit<
  z.output<typeof gatewayConfig>,
  '$schema' | 'routes' | 'backends' | 'changes' | 'consumers'
> {
  routes: RouteConfig[];
  /** The shared backends. */
  backends: BackendConfig[];
  routesOwner: RoutesOwner;
  /** Undefined when it is not said: those that the gateway knows stay. */
  consumers?: readonly ConsumerConfig[] | undefined;
  /** How saved changes of the file go live. */
  changes: FileChanges;
}

/** The configuration as people write it: defaults may be left out, durations are text. */
export type GatewayConfigInput = z.input<typeof gatewayConfig>;
