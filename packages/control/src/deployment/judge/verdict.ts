import type { CheckName } from '@sluice/model';
import type { GateResult } from '../gates/gate-result.ts';

/** What one side did in a stretch of time; latencies in milliseconds, 0 without requests. */
export type SideFigures = {
  /** Requests that count: answered by a backend, or failed because of one. */
  readonly requestCount: number;
  /** Of these, failed: 5xx of a backend, or none that answered. */
  readonly failedRequests: number;
  /** 0 to 1. */
  readonly errorRate: number;
  /** 4xx answers of backends. */
  readonly clientErrors: number;
  /** Ended by the client; counted nowhere else. */
  readonly aborted: number;
  /** Turned away by the gateway itself; counted nowhere else. */
  readonly rejected: number;
  readonly p50Latency: number;
  readonly p95Latency: number;
  readonly p99Latency: number;
  /** Between these the true 99th percentile lies, 99 times in 100. */
  readonly p99Low: number;
  readonly p99High: number;
};

/** What one check comes to. `evidence` is how many times likelier the numbers are when the candidate is worse. */
export type CheckResult = {
  readonly name: CheckName | 'absoluteErrors' | 'absoluteLatency';
  /** worse: confidently so. fine: confidently within the limit. open: neither yet. */
  readonly result: 'worse' | 'fine' | 'open';
  readonly dryRun: boolean;
  /** The figures themselves, without regard to chance, are within the limit. */
  readonly withinLimit: boolean;
  /** Odds against "the candidate is no worse"; the bound that it has to pass is `needed`. */
  readonly evidenceOfHarm: number;
  /** Odds against "the candidate is worse by the limit or more". */
  readonly evidenceOfSafety: number;
  readonly needed: number;
  /** One sentence for a person. */
  readonly explanation: string;
};

/** One measure of both versions beside one another. Shares are 0 to 1, latencies in milliseconds. */
export type Difference = {
  readonly measure: 'errorRate' | 'clientErrorRate' | 'p50Latency' | 'p95Latency' | 'p99Latency';
  readonly stable: number;
  readonly candidate: number;
  /** That of the candidate less that of the stable version. */
  readonly difference: number;
  /** Between these the true difference lies, 99 times in 100, however often one looks; null as long as nothing bounds it. */
  readonly low: number | null;
  readonly high: number | null;
  /** How certain it is that there is a difference, 0 to 1, however often one looks. */
  readonly confidence: number;
};

/** A judgement: what was seen, what it means. */
export type Verdict = {
  /** promote: nothing speaks against it and enough was seen. hold: not enough yet. rollBack: worse. ask: a person has to decide. */
  readonly verdict: 'promote' | 'hold' | 'rollBack' | 'ask';
  /** One sentence that a person understands. */
  readonly explanation: string;
  readonly at: string;
  readonly phaseIndex: number;
  readonly percentage: number;
  /** Since the phase began. */
  readonly stable: SideFigures;
  readonly canary: SideFigures;
  /** In the latest window. */
  readonly window: { readonly seconds: number; readonly stable: SideFigures; readonly canary: SideFigures };
  readonly checks: readonly CheckResult[];
  readonly gates: readonly GateResult[];
  /** Both versions beside one another since the phase began. */
  readonly differences?: readonly Difference[] | undefined;
};
