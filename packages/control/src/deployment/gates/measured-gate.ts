import type { GateConfig } from '@sluice/model';
import type { GateResult } from './gate-result.ts';
import { measureHttp } from './measure-http.ts';
import { measurePrometheus } from './measure-prometheus.ts';
import { noData } from './measurement.ts';
import type { MeasureContext, Measurement } from './measurement.ts';

/** One gate of one deployment, with its latest result. */
export class MeasuredGate {
  readonly #gate: GateConfig;
  readonly #context: MeasureContext;
  /** Called when the result changes. */
  readonly #onChange: (result: GateResult) => void;
  #latest: GateResult | undefined;
  /** When the last measurement began, and when it was done, on the monotonic clock. */
  #begunAt = -Infinity;
  #measuredAt = -Infinity;
  #measuring = false;
  #askedAt: number | undefined;
  /** The time between the last two calls of `result`. */
  #pace = 0;

  constructor(gate: GateConfig, context: MeasureContext, onChange: (result: GateResult) => void) {
    this.#gate = gate;
    this.#context = context;
    this.#onChange = onChange;
  }

  /** The latest result. Begins a measurement when one is due, and does not wait for it. */
  result(): GateResult {
    const now = this.#context.clock.monotonic();
    // An old result decides nothing: the gate was not asked for a while, for instance because another process led.
    const longest = 2 * Math.max(this.#gate.interval, this.#pace) + this.#gate.timeout;
    if (now - this.#measuredAt > longest) this.#latest = undefined;
    this.#pace = now - (this.#askedAt ?? now);
    this.#askedAt = now;
    if (!this.#measuring && now - this.#begunAt >= this.#gate.interval) void this.#measure(now);
    return this.#latest ?? this.#resultOf(noData(this.#gate, 'it is being measured for the first time'));
  }

  async #measure(now: number): Promise<void> {
    this.#measuring = true;
    this.#begunAt = now;
    try {
      const measurement = await this.#take();
      if (this.#context.signal.aborted) return;
      this.#measuredAt = this.#context.clock.monotonic();
      const before = this.#latest?.result;
      this.#latest = this.#resultOf(measurement);
      if (this.#latest.result !== before) this.#onChange(this.#latest);
    } finally {
      this.#measuring = false;
    }
  }

  async #take(): Promise<Measurement> {
    try {
      return this.#gate.type === 'http'
        ? await measureHttp(this.#gate, this.#context)
        : await measurePrometheus(this.#gate, this.#context);
    } catch (error) {
      // A bug here holds the deployment, as every missing measurement does.
      return noData(this.#gate, `it could not be measured (${error instanceof Error ? error.name : 'unknown'})`);
    }
  }

  /** Missing data neither adds to the consecutive failures nor ends them. */
  #resultOf({ result, value, explanation }: Measurement): GateResult {
    const { name, dryRun } = this.#gate;
    const before = this.#latest?.failuresInARow ?? 0;
    const failuresInARow = { pass: 0, fail: before + 1, noData: before }[result];
    const at = new Date(this.#context.clock.now()).toISOString();
    return { name, result, dryRun, failuresInARow, at, explanation, ...(value === undefined ? {} : { value }) };
  }
}
