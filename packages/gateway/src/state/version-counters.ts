import { latencyBucketOf } from '@sluice/model/latency-buckets';
import { versionLayout } from './layout.ts';
import type { NodeMemory } from './layout.ts';
import type { SharedFloats } from './shared-count.ts';

/**
 * What an exchange says about the version on which it ran. The first three are requests of the version. The others are counted
 * beside them: the client left, the gateway refused the request, or a policy answered it.
 */
export type VersionOutcome = 'answered' | 'clientError' | 'failed' | 'aborted' | 'rejected' | 'ownAnswer';

const { stride, requests, failures, clientErrors, aborted, rejected, ownAnswers, sum, buckets } = versionLayout;

/** Counts the exchanges of one worker by version. Plain writes with one writer, as all telemetry. */
export class VersionCounters {
  readonly #numbers: SharedFloats;

  /** Throws a RangeError when the worker does not exist. */
  constructor(memory: NodeMemory, workerIndex: number) {
    const own = memory.telemetry[workerIndex];
    if (own === undefined) throw new RangeError(`worker ${workerIndex} of ${memory.workers} does not exist`);
    this.#numbers = new Float64Array(own.versions);
  }

  /** Counts a finished exchange. */
  record(version: number, outcome: VersionOutcome, durationMs: number): void {
    const at = version * stride;
    const numbers = this.#numbers;
    if (outcome === 'aborted') numbers[at + aborted] += 1;
    else if (outcome === 'rejected') numbers[at + rejected] += 1;
    else if (outcome === 'ownAnswer') numbers[at + ownAnswers] += 1;
    else {
      const duration = durationMs > 0 ? durationMs : 0;
      numbers[at + requests] += 1;
      numbers[at + sum] += duration;
      numbers[at + buckets + latencyBucketOf(duration)] += 1;
      if (outcome === 'failed') numbers[at + failures] += 1;
      else if (outcome === 'clientError') numbers[at + clientErrors] += 1;
    }
  }
}
