import type { GatewayConfig } from '@sluice/model';

/** A configuration without its routes and consumers. */
export type FixedAtStart = Omit<GatewayConfig, 'routes' | 'backends' | 'consumers' | 'routesOwner'>;

/** Parts whose keys take effect only when the process starts. */
const wholeKeys = ['role', 'store', 'redis', 'tracing', 'access', 'history', 'deployments', 'node', 'metrics'] as const;

/** The access log is opened once; which requests it has may change. */
const accessLogKeys = ['file', 'format', 'template', 'query'] as const;

/** The keys that differ between two configurations and take effect only when the gateway starts. */
export function restartNeeded(current: FixedAtStart, next: FixedAtStart): string[] {
  return [
    ...changed('proxy', ['host', 'port', 'http', 'workers', 'transport'], current.proxy, next.proxy),
    ...changed('proxy.accessLog', accessLogKeys, current.proxy.accessLog, next.proxy.accessLog),
    ...changed('proxy.tls', ['port', 'minVersion', 'profile', 'ciphers'], current.proxy.tls, next.proxy.tls),
    ...changed('management', managementKeys(current, next), current.management, next.management),
    ...wholeKeys.filter((key) => !isSame(current[key], next[key])),
  ];
}

/** All of them: the management port is opened once. */
function managementKeys(...configs: readonly FixedAtStart[]): ManagementKey[] {
  return [...new Set(configs.flatMap(({ management }) => Object.keys(management) as ManagementKey[]))];
}

type ManagementKey = keyof GatewayConfig['management'];

function changed<T extends object>(
  prefix: string,
  keys: readonly (keyof T & string)[],
  current: T | undefined,
  next: T | undefined,
): string[] {
  return keys.filter((key) => !isSame(current?.[key], next?.[key])).map((key) => `${prefix}.${key}`);
}

function isSame(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
