import type { AnalysisConfig, SplitCounts } from '@sluice/model';
import { phaseEnd } from './decision.ts';
import type { Deployment } from './deployment.ts';
import type { GateResult } from './gates/gate-result.ts';
import {
  compareVersions,
  emptyCounts,
  figuresOf,
  giveVerdict,
  HangWatch,
  judge,
  subtractCounts,
} from './judge/index.ts';
import type { Baseline, Verdict } from './judge/index.ts';

/** What is observed of a deployment at one moment. */
export interface Observed {
  /** Since the epoch began, of all nodes together. */
  readonly whole: SplitCounts;
  /** The nodes whose counts are not among them, each with the reason. */
  readonly leftOut?: readonly string[];
  readonly gates: readonly GateResult[];
  /** Milliseconds since 1970. */
  readonly now: number;
}

type Memory = Pick<Deployment, 'judge' | 'failureSeenAt'>;

interface Sample {
  readonly at: number;
  readonly whole: SplitCounts;
}

/** Follows the counts of one deployment within one epoch, and judges what is new in them. */
export class Observation {
  readonly epoch: number;
  latest: Verdict | undefined;
  #previous: SplitCounts;
  #leftOut = '';
  /** Newer than what is stored, which is written only now and then. */
  #memory: Memory | undefined;
  readonly #samples: Sample[] = [];
  readonly #hangs = new HangWatch();

  /** `judged` are the counts that have been judged already; `before` is the observation of the epoch before. */
  constructor(epoch: number, judged: SplitCounts = emptyCounts, before?: Observation) {
    this.epoch = epoch;
    this.#previous = judged;
    this.#memory = before === undefined ? undefined : before.#memory;
  }

  /** Judges what is new. Gives back the deployment with its latest verdict. */
  observe(deployment: Deployment, { whole, leftOut = [], gates, now }: Observed): Deployment {
    const { analysis: settings } = deployment.phases[Math.max(0, deployment.currentPhaseIndex)];
    const baseline = baselineOf(deployment);
    this.#restartUnless(leftOut.join(), whole);
    const block = subtractCounts(whole, this.#previous);
    this.#previous = whole;
    const waited = this.#hangs.update(whole, now);
    const { state, checks, enough } = judge({
      state: this.#memory?.judge ?? deployment.judge,
      epoch: this.epoch,
      block,
      whole,
      settings,
      baseline,
      // Without the stable version beside it, nobody knows how long a request may take.
      waitedFor: baseline === 'live' ? { block: waited, whole: this.#hangs.whole } : undefined,
    });
    const window = this.#window(whole, settings, now);
    const given = giveVerdict({
      checks,
      enough,
      gates,
      gateLimits: new Map(deployment.settings.gates.map(({ name, failureLimit }) => [name, failureLimit])),
      isLast: isLastComparison(deployment),
      isOver: isOver(deployment, now),
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
    const lastRequestAt = this.#lastRequest(deployment, block, given.at);
    const verdict: Verdict = {
      differences: compareVersions(whole),
      ...given,
      ...(lastRequestAt !== undefined && { lastRequestAt }),
      explanation,
    };
    this.latest = verdict;
    const seenBefore = (this.#memory ?? deployment).failureSeenAt;
    this.#memory = { judge: state, ...(isBad(verdict) && { failureSeenAt: seenBefore ?? verdict.at }) };
    const { failureSeenAt: _failureSeenAt, ...rest } = deployment;
    return { ...rest, ...this.#memory, verdict };
  }

  /** When a request of the candidate was last counted. A new leader knows it from what is stored. */
  #lastRequest({ verdict }: Deployment, { candidate }: SplitCounts, at: string): string | undefined {
    return candidate.requests + candidate.aborted + candidate.rejected > 0
      ? at
      : (this.latest ?? verdict)?.lastRequestAt;
  }

  /** Counts of different nodes cannot be compared with one another. */
  #restartUnless(leftOut: string, whole: SplitCounts): void {
    if (leftOut === this.#leftOut) return;
    this.#leftOut = leftOut;
    this.#previous = whole;
    this.#samples.length = 0;
  }

  #window(whole: SplitCounts, { window }: AnalysisConfig, now: number): { counts: SplitCounts; seconds: number } {
    // When the clock was set back the window begins anew.
    if ((this.#samples.at(-1)?.at ?? now) > now) this.#samples.length = 0;
    this.#samples.push({ at: now, whole });
    while (this.#samples.length > 1 && this.#samples[1].at <= now - window) this.#samples.shift();
    const [first] = this.#samples;
    // With a single sample the window is the whole epoch.
    const counts = first.whole === whole ? whole : subtractCounts(whole, first.whole);
    return { counts, seconds: Math.round((now - first.at) / 1000) };
  }
}

/** The current figures of a deployment that another process judges. */
export function figuresOnly(deployment: Deployment, whole: SplitCounts, now: number): Verdict | undefined {
  const { verdict, percentage } = deployment;
  if (verdict === undefined) return undefined;
  const [stable, candidate] = [figuresOf(whole.stable), figuresOf(whole.candidate)];
  const at = new Date(now).toISOString();
  return { ...verdict, stable, candidate, differences: compareVersions(whole), percentage, at };
}

/** The figures exceed a limit, by chance or not. */
function isBad({ checks, gates }: Verdict): boolean {
  return (
    checks.some(({ dryRun, withinLimit }) => !dryRun && !withinLimit) ||
    gates.some(({ dryRun, result }) => !dryRun && result === 'fail')
  );
}

/** The stable version beside the candidate; or its earlier figures, once the candidate has all traffic. */
function baselineOf({ percentage, baseline }: Deployment): Baseline {
  if (percentage < 100) return 'live';
  return baseline === undefined ? 'none' : { past: baseline };
}

function isOver({ phases, currentPhaseIndex }: Deployment, now: number): boolean {
  return now >= phaseEnd(phases[Math.max(0, currentPhaseIndex)]);
}

/** After this phase the candidate gets all traffic. */
function isLastComparison({ phases, currentPhaseIndex }: Deployment): boolean {
  const next = phases[currentPhaseIndex + 1];
  return next === undefined || next.trafficPercentage >= 100;
}
