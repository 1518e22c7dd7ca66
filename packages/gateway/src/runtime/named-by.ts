import { policyFiles, policyModules, secretsIn } from '@sluice/model';
import type { BackendConfig, Problem, RouteConfig } from '@sluice/model';
import { fetchedName } from '../policy/authentication/jwt/fetched-keys.ts';
import type { NamedFile, NamedKeySet, NamedSource } from './messages.ts';

/** A place in the configuration that refers to a secret. */
export interface SecretUse {
  /** Where the reference is, as people write it. */
  readonly field: string;
  readonly secret: string;
}

/** What a file of a policy is read as. */
export const kindOf = { anything: 'credentials', users: 'users', clientAuthorities: 'clientAuthorities' } as const;

/** The files and key sets that a route and its candidate name; each appears as often as it is named. */
export function namedBy(route: RouteConfig): NamedSource[] {
  return versionsOf(route).flatMap((version) => [
    ...headerSecrets(version).map(asFile),
    ...policyFiles(version).map(({ name, content }): NamedFile => ({ kind: kindOf[content], name })),
    ...policyModules(version).map(({ name }): NamedFile => ({ kind: 'module', name })),
    ...keySets(version).map(({ keySet }) => keySet),
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

/** A place in the configuration that names a key set by its address. */
export interface KeySetUse {
  readonly path: Problem['path'];
  readonly keySet: NamedKeySet;
}

/** The key sets that the policies of a route name. */
export function keySets({ authentication }: RouteConfig): KeySetUse[] {
  return (authentication?.methods ?? []).flatMap((method, index) => {
    if (method.type !== 'jwt' || method.jwksUrl === undefined) return [];
    const { jwksUrl, caFile } = method;
    const keySet: NamedKeySet = { kind: 'keySet', name: fetchedName({ jwksUrl, caFile }) };
    return [{ path: ['authentication', 'methods', index, 'jwksUrl'], keySet }];
  });
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
