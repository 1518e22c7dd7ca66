import type { ProxyConfig, RouteConfig, RouteSplit } from '@sluice/model';
import { createChooseVersion } from '../version/choose-version.ts';
import type { VersionName } from '../version/choose-version.ts';
import { compileMirror } from './compile-mirror.ts';
import { compileVersion, withRelease } from './compile-version.ts';
import type { CompileContext, VersionParts } from './compile-version.ts';
import type { RoutePlan, SplitSlots } from './plan.ts';
import { settingsDigest } from './settings-digest.ts';
import type { CompiledRoute, CompiledSplit, VersionedRoute } from './snapshot.ts';

/** What compiling a split needs besides the plan. */
export interface SplitContext {
  readonly proxy: ProxyConfig;
  readonly context: CompileContext;
  /** The split that ran until now, if one did. */
  readonly before: CompiledSplit | undefined;
}

/**
 * Compiles both versions of a route, and how requests are divided between them. A version that did not change is taken over
 * with its backends, so that a new share changes nothing but the share.
 */
export function compileSplit(
  plan: RoutePlan & { readonly split: SplitSlots },
  split: RouteSplit,
  { proxy, context, before }: SplitContext,
): CompiledRoute {
  const { stable: stableParts, candidate: candidateParts } = partsOf(plan, split);
  const sources = { stable: sourceOf(stableParts, proxy), candidate: sourceOf(candidateParts, proxy) };
  const compile = (name: VersionName, parts: VersionParts, sharedWith?: CompiledRoute): CompiledRoute =>
    before?.sources[name] === sources[name]
      ? renewed(before[name], context)
      : compileVersion(parts, proxy, { ...context, authenticator: sharedWith?.authenticator });
  // Before any lease is taken, since this may throw.
  const choose = createChooseVersion(split, undefined, plan.config.authentication !== undefined);
  const stable = compile('stable', stableParts);
  const candidate = withRelease(stable, context, () => compile('candidate', candidateParts, stable));
  const { deploymentId, mirror, sticky } = split;
  const version = (name: VersionName): Omit<VersionedRoute['version'], 'mirror'> => ({
    name,
    deploymentId,
    slot: plan.split.versions[name],
    field: proxy.exposeRevision ? `X-Gateway-Version: ${name}\r\n` : '',
  });
  const second: VersionedRoute = { ...candidate, version: { ...version('candidate'), mirror: undefined } };
  const copied = mirror !== undefined && mirror.percentage > 0;
  const copies = copied
    ? compileMirror(mirror, { candidate: second, config: split.candidate }, context.pools)
    : undefined;
  const first: VersionedRoute = { ...stable, version: { ...version('stable'), mirror: copies } };
  const cookie = sticky?.by === 'cookie' ? sticky.name : undefined;
  return { ...stable, split: { choose, settings: split, stable: first, candidate: second, cookie, sources } };
}

function partsOf(
  { config, slot, places, policies, split, hasLogins }: RoutePlan & { readonly split: SplitSlots },
  { candidate, percentage }: RouteSplit,
): Record<VersionName, VersionParts> {
  const { split: _split, ...own } = config;
  // A candidate with a fault of its own must not eject an address of the stable version. While the stable version sends
  // requests there, only they decide.
  const spared = percentage === 100 ? [] : places.map((place) => place.target);
  return {
    stable: {
      config: own satisfies RouteConfig,
      slot,
      limit: slot,
      places,
      policies,
      hasLogins,
      otherAuthentication: candidate.authentication,
    },
    candidate: {
      config: candidate,
      slot,
      limit: split.limit,
      places: split.places,
      policies: split.policies,
      hasLogins,
      spared: new Set(spared),
      otherAuthentication: own.authentication,
    },
  };
}

/** A text that is equal only for versions that compile to the same. */
function sourceOf({ spared, ...parts }: VersionParts, { limits, exposeRevision }: ProxyConfig): string {
  return settingsDigest([parts, [...(spared ?? [])], limits, exposeRevision]);
}

/** Takes a version over. Its leases are taken once more, since the route that ran until now gives its own back. */
function renewed(version: VersionedRoute, { pools }: CompileContext): CompiledRoute {
  for (const { lease } of version.backends) pools.renew(lease);
  for (const held of version.held) held.renew();
  return { ...version, version: undefined };
}
