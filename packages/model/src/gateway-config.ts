import { z } from 'zod';
import { backendConfig } from './backend-config.ts';
import type { BackendConfig } from './backend-config.ts';
import { managementConfig, proxyConfig } from './proxy-config.ts';
import { routeConfig } from './route-config.ts';
import type { RouteConfig } from './route-config.ts';

/** Schema of the whole configuration of a gateway. */
export const gatewayConfig = z
  .strictObject({
    // Editors find the schema through it in JSON files; it means nothing to the gateway.
    $schema: z.string().optional().describe('Address of the JSON Schema, for editors.'),
    proxy: proxyConfig,
    management: managementConfig,
    routes: z
      .array(routeConfig)
      .optional()
      .describe('The routes. When the key is there, the file owns routes and backends; without it the API does.'),
    backends: z
      .array(backendConfig)
      .default([])
      .describe('Backends that several routes share: a route names them by backendId.'),
  })
  .describe('Configuration of the Sluice gateway.');

/** Whether routes and backends come from the file, or are left to the API. */
export type RoutesOwner = 'file' | 'api';

/** The configuration of a gateway, validated and with its defaults; durations in milliseconds. */
export interface GatewayConfig extends Omit<z.output<typeof gatewayConfig>, '$schema' | 'routes' | 'backends'> {
  routes: RouteConfig[];
  /** The shared backends. */
  backends: BackendConfig[];
  routesOwner: RoutesOwner;
}

/** The configuration as people write it: defaults may be left out, durations are text. */
export type GatewayConfigInput = z.input<typeof gatewayConfig>;
