import type { OidcConfig, Role } from '@sluice/model';
import { roles } from '@sluice/model';
import type { Claims } from './provider-client.ts';

/** The highest role that the claims give; undefined when they give none. */
export function externalRole(claims: Claims, config: Pick<OidcConfig, 'roleClaim' | 'roles'>): Role | undefined {
  const value = readClaim(claims, config.roleClaim);
  const values = Array.isArray(value) ? (value as readonly unknown[]) : [value];
  const given = new Set(
    values.map((each) =>
      typeof each === 'string' && Object.hasOwn(config.roles, each) ? config.roles[each] : undefined,
    ),
  );
  return roles.find((role) => given.has(role));
}

/** A claim by its name or by its path, such as Keycloak's `realm_access.roles`. */
export function readClaim(claims: Claims, name: string): unknown {
  if (Object.hasOwn(claims, name)) return claims[name];
  return name.split('.').reduce<unknown>((value, part) => {
    const isObject = typeof value === 'object' && value !== null && Object.hasOwn(value, part);
    return isObject ? (value as Readonly<Record<string, unknown>>)[part] : undefined;
  }, claims);
}
