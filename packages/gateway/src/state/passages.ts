import { overheadBucketOf, overheadBuckets } from './exposed-buckets.ts';
import { passageLayout } from './layout.ts';
import type { NodeMemory } from './layout.ts';
import type { SharedFloats } from './shared-count.ts';

/** What the gateway added to exchanges: how many fell in each bucket, and the sum in microseconds. */
export interface Overhead {
  readonly buckets: readonly number[];
  readonly sumUs: number;
}

const { sum: SUM, received: RECEIVED, sent: SENT, buckets, stride } = passageLayout;

/** Counts what exchanges took to pass through, for one worker. Plain writes with one writer, as all telemetry. */
export class PassageCounters {
  readonly #numbers: SharedFloats;

  constructor({ passages }: NodeMemory['telemetry'][number]) {
    this.#numbers = new Float64Array(passages);
  }

  /** Counts a finished exchange of a route. */
  record(route: number, overheadUs: number, received: number, sent: number): void {
    const at = route * stride;
    this.#numbers[at + SUM] += overheadUs;
    this.#numbers[at + RECEIVED] += received;
    this.#numbers[at + SENT] += sent;
    this.#numbers[at + buckets + overheadBucketOf(overheadUs)] += 1;
  }
}

/** Adds up what all workers counted on routes. */
export class PassageTelemetry {
  readonly #workers: readonly SharedFloats[];

  constructor(memory: NodeMemory) {
    this.#workers = memory.telemetry.map((of) => new Float64Array(of.passages));
  }

  overhead(route: number): Overhead {
    const at = route * stride;
    return {
      sumUs: this.#sum(at + SUM),
      buckets: Array.from({ length: overheadBuckets }, (_, bucket) => this.#sum(at + buckets + bucket)),
    };
  }

  /** Bytes of requests: heads as they came, and bodies without their framing. */
  received(route: number): number {
    return this.#sum(route * stride + RECEIVED);
  }

  /** Bytes of responses as they were sent. */
  sent(route: number): number {
    return this.#sum(route * stride + SENT);
  }

  #sum(at: number): number {
    let sum = 0;
    for (const numbers of this.#workers) sum += numbers[at];
    return sum;
  }
}
