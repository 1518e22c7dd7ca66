import type { BackendConfig } from './backend-config.ts';

/** Cannot occur in the name of a route or a backend, so ids of owned backends never meet those of shared ones. */
const separator = '~';

/** The id of a backend that is written in a route and so belongs to it. */
export function ownedBackendId(routeId: string, name: string): string {
  return `${routeId}${separator}${name}`;
}

/** Whether a backend belongs to the route it is written in; the others are shared. */
export function isOwnedBackend({ backendId }: Pick<BackendConfig, 'backendId'>): boolean {
  return backendId.includes(separator);
}
