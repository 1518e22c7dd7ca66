import type { AuthenticationConfig, ForwardConfig } from '@sluice/model';
import type { Identity } from './policy.ts';

/** What a header of a request says about its sender. */
export type ReadIdentity = (identity: Identity) => unknown;

/** The names of these headers in the form of `looseName`; undefined if there are none. */
export function identityHeaders(
  own: AuthenticationConfig | undefined,
  other?: AuthenticationConfig,
): ReadonlySet<string> | undefined {
  const names = namesOf([own, other].filter((config) => config !== undefined));
  return names.size === 0 ? undefined : new Set([...names].map(looseName));
}

/** The name of a header as it is to a receiver that knows no difference between `X-User`, `X_User` and `x.user`. */
export function looseName(name: string): string {
  return name.toLowerCase().replaceAll(/[^a-z0-9]/g, '-');
}

/** The headers that only the gateway may fill, and the server that the method external asks. */
export function namesOf(configs: readonly AuthenticationConfig[]): Set<string> {
  const forwarded = configs.flatMap(({ forward }) => fieldsOf(forward).map(([name]) => name));
  const methods = configs.flatMap((config) => config.methods);
  const upstream = methods.flatMap((method) => (method.type === 'external' ? method.upstreamHeaders : []));
  return new Set([...forwarded, ...upstream]);
}

export function fieldsOf({ subject, organization, tier, claims }: ForwardConfig): [name: string, read: ReadIdentity][] {
  const fields: [string | undefined, ReadIdentity][] = [
    [subject, (identity) => identity.subject],
    [organization, (identity) => identity.organization],
    [tier, (identity) => identity.tier],
    ...Object.entries(claims).map(([claim, name]): [string, ReadIdentity] => [
      name,
      (identity) => (Object.hasOwn(identity.claims, claim) ? identity.claims[claim] : undefined),
    ]),
  ];
  return fields.filter((field): field is [string, ReadIdentity] => field[0] !== undefined);
}
