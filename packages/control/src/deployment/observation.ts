import type { AnalysisConfig, SplitCounts } from '@sluice/model';
import { compareVersions } from './judge/compare-versions.ts';
import type { Deployment } from './deployment.ts';
import { HangWatch } from './judge/hang-watch.ts';
import { emptyCounts, figuresOf, giveVerdict, judge, subtractCounts } from './judge/index.ts';
import type { Baseline } from './judge/index.ts';
import type { GateResult } from './gates/gate-result.ts';
import type { Verdict } from './judge/verdict.ts';

/** One look at the counts of a deployment. */
export interface Look {
  /** Since the epoch began, all nodes together. */
  readonly whole: SplitCounts;
  /** The nodes whose counts are not among them, and why, in words. */
  readonly leftOut?: readonly string[];
  readonly gates: readonly GateResult[];
  /** Milliseconds since 1970. */
  readonly now: number;
}

/** What is remembered from look to look beyond the counts. */
type Memory = Pick<Deployment, 'judge' | 'failureSeenAt'>;

interface Sample {
  readonly at: number;
  readonly whole: SplitCounts;
}

/** The counts of one deployment from look to look: what is new since the last one, and what the latest window holds. */
export class Observation {
  readonly epoch: number;
  #previous: SplitCounts;
  #leftOut = '';
  /** Newer than what is kept of it, which is written now and then only. */
  #memory: Memory | undefined;
  readonly #samples: Sample[] = [];
  readonly #hangs = new HangWatch();
  latest: Verdict | undefined;

  /** `judged`: what has been judged already, nothing in a new epoch; `before`: the observation of the epoch before. */
  constructor(epoch: number, judged: SplitCounts = emptyCounts, before?: Observation) {
    this.epoch = epoch;
    this.#previous = judged;
    this.#memory = before === undefined ? undefined : before.#memory;
  }

  /** Judges what is new. Gives back the deployment with its latest verdict. */
  look(deployment: Deployment, { whole, leftOut = [], gates, now }: Look): Deployment {
    const phase = deployment.phases[Math.max(0, deployment.currentPhaseIndex)];
    const settings = phase.analysis;
    const baseline = baselineOf(deployment);
    this.#beginAnew(whole, leftOut.join());
    const block = subtractCounts(whole, this.#previous);
    this.#previous = whole;
    const waited = this.#hangs.look(whole, now);
    const { state, checks, enough } = judge({
      state: this.#memory?.judge ?? deployment.judge,
      block,
      whole,
      settings,
      baseline,
      // Beside nothing there is no telling what is long.
      waitedFor: baseline === 'live' ? { block: waited, whole: this.#hangs.whole } : undefined,
    });
    const window = this.#window(whole, settings, now);
    const given = giveVerdict({
      checks,
      enough,
      gates,
      gateLimits: new Map(deployment.settings.gates.map(({ name, failureLimit }) => [name, failureLimit])),
      isLast: isLastComparison(deployment),
      at: new Date(now).toISOString(),
      phaseIndex: deployment.currentPhaseIndex,
      percentage: deployment.percentage,
      settings,
      whole,
      window: window.counts,
      windowSeconds: window.seconds,
      baseline,
    });
    const explanation = [given.explanation, ...leftOut].join('; ');
    const verdict: Verdict = { differences: compareVersions(whole), ...given, explanation };
    this.latest = verdict;
    const seenBefore = (this.#memory ?? deployment).failureSeenAt;
    this.#memory = { judge: state, ...(isBad(verdict) && { failureSeenAt: seenBefore ?? verdict.at }) };
    const { failureSeenAt: _failureSeenAt, ...rest } = deployment;
    return { ...rest, ...this.#memory, verdict };
  }

  /** Counts of other nodes than before cannot be compared with those before. */
  #beginAnew(whole: SplitCounts, leftOut: string): void {
    if (leftOut === this.#leftOut) return;
    this.#leftOut = leftOut;
    this.#previous = whole;
    this.#samples.length = 0;
  }

  #window(whole: SplitCounts, { window }: AnalysisConfig, now: number): { counts: SplitCounts; seconds: number } {
    // A clock that was put back begins the window anew: there is no negative time.
    if ((this.#samples.at(-1)?.at ?? now) > now) this.#samples.length = 0;
    this.#samples.push({ at: now, whole });
    while (this.#samples.length > 1 && this.#samples[1].at <= now - window) this.#samples.shift();
    const [first] = this.#samples;
    // The first look at an epoch that is young sees all of it.
    const isWhole = first.whole === whole;
    return {
      counts: isWhole ? whole : subtractCounts(whole, first.whole),
      seconds: Math.round((now - first.at) / 1000),
    };
  }
}

/** The figures are worse than allowed, whether that is chance or not. */
function isBad({ checks, gates }: Verdict): boolean {
  return (
    checks.some(({ dryRun, withinLimit }) => !dryRun && !withinLimit) ||
    gates.some(({ dryRun, result }) => !dryRun && result === 'fail')
  );
}

/** The figures of a deployment that nobody judges here: another process does. */
export function figuresOnly(deployment: Deployment, whole: SplitCounts, now: number): Verdict | undefined {
  const { verdict } = deployment;
  if (verdict === undefined) return undefined;
  const [stable, canary] = [figuresOf(whole.stable), figuresOf(whole.candidate)];
  const differences = compareVersions(whole);
  return {
    ...verdict,
    stable,
    canary,
    differences,
    percentage: deployment.percentage,
    at: new Date(now).toISOString(),
  };
}

/** What the candidate is compared with: the stable version beside it, or, once it has everything, how that was before. */
function baselineOf({ percentage, baseline }: Deployment): Baseline {
  if (percentage < 100) return 'live';
  return baseline === undefined ? 'none' : { past: baseline };
}

/** After this phase the candidate gets everything: whatever is to be known of it has to be known now. */
function isLastComparison({ phases, currentPhaseIndex }: Deployment): boolean {
  const next = phases[currentPhaseIndex + 1];
  return next === undefined || next.trafficPercentage >= 100;
}
