import type { BackendTlsConfig, HealthCheckConfig } from '@sluice/model';
import type { Logger } from '@sluice/service';
import type { TrustOf } from '../upstream/trust.ts';
import type { SecretOf } from '../policy/secret-texts.ts';
import type { NodeState } from '../state/index.ts';
import { checkHeaders } from './check-headers.ts';
import type { CheckHeaders } from './check-headers.ts';
import type { Probe, ProbeResult } from './probe.ts';
import { httpProbe } from './probe/http-probe.ts';
import { tcpProbe } from './probe/tcp-probe.ts';
import { extend, judge } from './thresholds.ts';
import type { Streak } from './thresholds.ts';

/** A target. Without a health check it counts as healthy. */
export interface CheckedTarget {
  readonly slot: number;
  readonly url: string;
  readonly healthCheck?: HealthCheckConfig | undefined;
  readonly tls?: BackendTlsConfig | undefined;
}

/** Where verdicts are kept. */
export type HealthState = Pick<NodeState, 'health' | 'ejection'>;

/** Where verdicts are read. */
export interface HealthVerdicts {
  readonly health: Pick<HealthState['health'], 'get'>;
}

/** Calls `run` after some milliseconds, unless the function it returns is called before. */
export type Delay = (milliseconds: number, run: () => void) => () => void;

/** What checks depend on. */
export interface CheckContext {
  readonly state: HealthState;
  readonly log: Pick<Logger, 'info' | 'warn'>;
  readonly delay: Delay;
  readonly random: () => number;
  /** The authorities that verify requests to a target now. */
  readonly trustOf: TrustOf;
  /** The current text of a secret. */
  readonly secretOf: SecretOf;
  /** The node's clock, in milliseconds. */
  readonly now: () => number;
}

const unknownSecret = 'healthCheck.headers: a secret that they refer to cannot be used';
const probes: Readonly<Record<HealthCheckConfig['type'], Probe>> = { Http: httpProbe, Tcp: tcpProbe };

/** Checks one target again and again. A check starts one interval after the last one started, and never beside it. */
export class TargetCheck {
  readonly #target: CheckedTarget;
  readonly #check: HealthCheckConfig;
  readonly #context: CheckContext;
  readonly #headers: CheckHeaders;
  readonly #closing = new AbortController();
  /** In milliseconds since 1970; undefined before the first check. */
  checkedAt: number | undefined;
  #streak: Streak = 0;
  /** The current ejection, known by its end, and how many checks in a row have passed since it began. */
  #ejection = { until: 0, passed: 0 };
  #cancelNext: () => void;
  #running: Promise<ProbeResult> | undefined;

  /** The first check comes after a random part of the interval, so that many targets are not all asked at once. */
  constructor(target: CheckedTarget, check: HealthCheckConfig, context: CheckContext) {
    this.#target = target;
    this.#check = check;
    this.#context = context;
    this.#headers = checkHeaders(check.headers ?? {}, context.secretOf);
    this.#cancelNext = context.delay(check.interval * context.random(), () => void this.run());
  }

  /** Checks now, or joins the check that is running. Never rejects. */
  run(): Promise<ProbeResult> {
    this.#running ??= this.#runOnce();
    return this.#running;
  }

  /** Ends checking. The result of a running check is ignored. */
  close(): void {
    this.#cancelNext();
    this.#closing.abort('closed');
  }

  async #runOnce(): Promise<ProbeResult> {
    if (this.#closing.signal.aborted) return { ok: false, reason: 'the check has ended' };
    this.#cancelNext();
    let due = false;
    this.#cancelNext = this.#context.delay(this.#check.interval, () => {
      due = true;
      if (this.#running === undefined) void this.run();
    });
    const ejectedUntil = this.#context.state.ejection.until(this.#target.slot);
    const result = await this.#probe();
    this.#running = undefined;
    if (this.#closing.signal.aborted) return result;
    this.checkedAt = Date.now();
    this.#apply(result);
    this.#applyToEjection(result, ejectedUntil);
    if (due) void this.run();
    return result;
  }

  async #probe(): Promise<ProbeResult> {
    const { timeout, type } = this.#check;
    const trust = this.#context.trustOf(this.#target.tls);
    if (!trust.ok) return { ok: false, reason: trust.reason };
    const headers = this.#headers();
    if (headers === undefined) return { ok: false, reason: unknownSecret };
    const tooLong = new AbortController();
    const cancelTimeout = this.#context.delay(timeout, () => tooLong.abort(`no answer within ${timeout} ms`));
    const subject = {
      url: new URL(this.#target.url),
      check: { ...this.#check, headers },
      tls: this.#target.tls,
      ca: trust.ca,
    };
    try {
      return await probes[type](subject, AbortSignal.any([tooLong.signal, this.#closing.signal]));
    } finally {
      cancelTimeout();
    }
  }

  /** Ends an ejection once as many checks that began after it have passed in a row as make a target healthy. */
  #applyToEjection({ ok }: ProbeResult, until: number): void {
    const { state, log, now } = this.#context;
    const { slot, url } = this.#target;
    const isSame = until === this.#ejection.until && until === state.ejection.until(slot);
    const passed = ok && until > now() ? (isSame ? this.#ejection.passed : 0) + 1 : 0;
    this.#ejection = { until, passed };
    if (passed < this.#check.healthyThreshold || state.ejection.until(slot) !== until) return;
    state.ejection.end(slot);
    log.info('backend is no longer ejected', { target: url, reason: `${passed} checks passed` });
  }

  #apply(result: ProbeResult): void {
    const { state, log } = this.#context;
    const { slot, url } = this.#target;
    this.#streak = extend(this.#streak, result.ok);
    const before = state.health.get(slot);
    const after = judge(before, this.#streak, this.#check);
    if (after === before) return;
    state.health.set(slot, after);
    const fields = { target: url, from: before, to: after };
    if (result.ok) log.info('backend is healthy', fields);
    else log.warn('backend is unhealthy', { ...fields, reason: result.reason });
  }
}
