import { z } from 'zod';
import { managementConfig, proxyConfig } from './proxy-config.ts';
import { routeConfig } from './route-config.ts';

/** Schema of the whole configuration of a gateway. */
export const gatewayConfig = z
  .strictObject({
    // Editors find the schema through it in JSON files; it means nothing to the gateway.
    $schema: z.string().optional().describe('Address of the JSON Schema, for editors.'),
    proxy: proxyConfig,
    management: managementConfig,
    routes: z.array(routeConfig).default([]).describe('The routes.'),
  })
  .transform(({ proxy, management, routes }) => ({ proxy, management, routes }))
  .describe('Configuration of the Sluice gateway.');

/** The configuration of a gateway, validated and with its defaults; durations in milliseconds. */
export type GatewayConfig = z.output<typeof gatewayConfig>;
/** The configuration as people write it: defaults may be left out, durations are text. */
export type GatewayConfigInput = z.input<typeof gatewayConfig>;
