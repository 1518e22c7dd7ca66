import type { Explanation } from '@sluice/model';
import type { CompiledRoute, CompiledSplit } from '../compile/snapshot.ts';
import type { Exchange } from '../forward/exchange.ts';
import { createChooseVersion } from '../version/choose-version.ts';
import type { ChooseVersion, VersionName } from '../version/choose-version.ts';
import { comparableRule, isTester } from '../version/tester.ts';

type Version = NonNullable<Explanation['version']>;

interface Chosen {
  /** The version that the rest is about. */
  readonly route: CompiledRoute;
  /** Undefined unless a deployment divides the traffic of the route. */
  readonly version: Version | undefined;
}

/** The version that a request gets, by the same choice as `takeVersion`, with chance replaced. */
export async function explainVersion(exchange: Exchange, found: CompiledRoute): Promise<Chosen> {
  const { split } = found;
  if (split === undefined) return { route: found, version: undefined };
  const { choose, wasDrawn } = watchedChoice(split);
  let choice = choose(exchange);
  if (choice === 'identify') {
    const finding = await split.stable.authenticator?.explain(exchange);
    if (finding === undefined || 'unasked' in finding) {
      const why = `it depends on who sends the request: ${finding?.unasked ?? 'nobody is asked'}`;
      return likelier(split, 'caller', why);
    }
    exchange.finding = finding;
    choice = choose(exchange);
  }
  if (wasDrawn()) return likelier(split, 'share', 'chance decides, by the share of each version');
  const name = choice === 'stable' || choice === 'identify' ? 'stable' : 'candidate';
  return { route: split[name], version: { ...versionOf(split, name), isCertain: true, ...reasonOf(exchange, split) } };
}

/** The choice of the data path with a chance that notes that it was asked. */
function watchedChoice({ settings, stable }: CompiledSplit): { choose: ChooseVersion; wasDrawn: () => boolean } {
  let drawn = false;
  const chance = {
    number: () => ((drawn = true), 0),
    userName: () => ((drawn = true), ''),
  };
  const choose = createChooseVersion(settings, chance, stable.authenticator !== undefined);
  return { choose, wasDrawn: () => drawn };
}

function likelier(split: CompiledSplit, by: Version['by'], explanation: string): Chosen {
  const name = split.settings.percentage > 50 ? 'candidate' : 'stable';
  return { route: split[name], version: { ...versionOf(split, name), isCertain: false, by, explanation } };
}

function versionOf(
  { settings }: CompiledSplit,
  version: VersionName,
): Pick<Version, 'deploymentId' | 'version' | 'shares'> {
  const { deploymentId, percentage } = settings;
  // In binary, 100 less a share may have a long tail.
  const rest = Math.round((100 - percentage) * 10_000) / 10_000;
  return { deploymentId, version, shares: { stable: rest, candidate: percentage } };
}

function reasonOf({ head }: Exchange, { settings }: CompiledSplit): Pick<Version, 'by' | 'explanation'> {
  const { testers, percentage, sticky } = settings;
  const rule = testers.find((one) => isTester(head, comparableRule(one)));
  if (rule !== undefined) {
    const sign = 'header' in rule ? `the header ${rule.header}` : `the cookie ${rule.cookie}`;
    return { by: 'tester', explanation: `${sign} makes it a tester, who always gets the candidate` };
  }
  if (percentage === 0 || percentage === 100 || sticky === undefined)
    return { by: 'share', explanation: `the candidate has a share of ${percentage} %` };
  const key = { header: 'a header', cookie: 'a cookie', consumer: 'the caller', client: 'the client address' }[
    sticky.by
  ];
  return { by: 'sticky', explanation: `users stay at one version: ${key} decides` };
}
