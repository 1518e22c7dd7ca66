import { policyFiles, secretsIn } from '@sluice/model';
import type { BackendConfig, RouteConfig } from '@sluice/model';
import type { NamedFile } from './messages.ts';

/** A place in the configuration that refers to a secret. */
export interface SecretUse {
  /** Where the reference is, as people write it. */
  readonly field: string;
  readonly secret: string;
}

/** The files that a route and its candidate name; a file appears as often as it is named. */
export function namedBy(route: RouteConfig): NamedFile[] {
  return versionsOf(route).flatMap((version) => [
    ...headerSecrets(version).map(asFile),
    ...policyFiles(version).map(({ name, content }): NamedFile => ({
      kind: content === 'users' ? 'users' : 'credentials',
      name,
    })),
    ...version.backends.flatMap((backend) => [...authoritiesOf(backend), ...checkSecrets(backend).map(asFile)]),
  ]);
}

/** Whether what a route refers to may be missing or unusable: a file, a secret, or authorities that it brings itself. */
export function isAtRisk(route: RouteConfig): boolean {
  if (namedBy(route).length > 0) return true;
  return versionsOf(route).some(({ backends }) => backends.some(({ tls }) => tls?.ca !== undefined));
}

/** The versions of a route: itself, and its candidate if it has one. */
export function versionsOf(route: RouteConfig): RouteConfig[] {
  return route.split === undefined ? [route] : [route, route.split.candidate];
}

/** The secrets that the header edits of a route refer to. */
export function headerSecrets({ transformations }: RouteConfig): SecretUse[] {
  if (transformations === undefined) return [];
  return (['request', 'response'] as const).flatMap((side) =>
    usesIn(`transformations.${side}.addHeaders`, transformations[side].addHeaders),
  );
}

/** The secrets that the checks of a backend refer to. */
export function checkSecrets({ healthCheck }: BackendConfig): SecretUse[] {
  return healthCheck?.headers === undefined ? [] : usesIn('healthCheck.headers', healthCheck.headers);
}

function usesIn(field: string, headers: Readonly<Record<string, string>>): SecretUse[] {
  return Object.entries(headers).flatMap(([name, value]) =>
    secretsIn(value).map((secret) => ({ field: `${field}.${name}`, secret })),
  );
}

function authoritiesOf({ tls }: BackendConfig): NamedFile[] {
  return tls?.caFile === undefined ? [] : [{ kind: 'authorities', name: tls.caFile }];
}

function asFile({ secret }: SecretUse): NamedFile {
  return { kind: 'secret', name: secret };
}
