import { vitalsStride } from './layout.ts';
import type { NodeMemory } from './layout.ts';
import type { SharedFloats, SharedInts } from './shared-count.ts';

/** The last report of a worker about its event loop and memory. */
export interface LoopReport {
  readonly lagMs: number;
  readonly heapBytes: number;
  /** Memory outside the heap (buffers) that belongs to the worker. */
  readonly externalBytes: number;
}

/** Kinds of garbage collections, as V8 has them. */
export const gcKinds = ['minor', 'major', 'incremental', 'weakcb'] as const;

export type GcKind = (typeof gcKinds)[number];

const currentWord = 0;
const oldestWord = 1;
const lagWord = 0;
const heapWord = 1;
const externalWord = 2;
/** From here on, the number of garbage collections of each kind, and then their milliseconds. */
const gcWord = 3;
const droppedWord = gcWord + 2 * gcKinds.length;

/** The reports of each worker: the generations it uses, and the state of its event loop and memory. */
export class WorkerVitals {
  readonly #generations: SharedInts;
  readonly #loop: SharedFloats;
  readonly #workers: number;

  constructor(memory: NodeMemory) {
    this.#generations = new Int32Array(memory.vitals.generations);
    this.#loop = new Float64Array(memory.vitals.loop);
    this.#workers = memory.workers;
  }

  /** The generation that `worker` gives to new exchanges; 0 = none yet. */
  setGeneration(worker: number, generation: number): void {
    Atomics.store(this.#generations, worker * vitalsStride.generations + currentWord, generation);
  }

  /** The oldest generation that an exchange of `worker` still uses; 0 = it uses none. */
  setOldest(worker: number, generation: number): void {
    Atomics.store(this.#generations, worker * vitalsStride.generations + oldestWord, generation);
  }

  /** The generation that `worker` gives to new exchanges; 0 = none yet. */
  generation(worker: number): number {
    return Atomics.load(this.#generations, worker * vitalsStride.generations + currentWord);
  }

  /** The oldest generation that any worker uses, or Infinity when none uses any. */
  oldest(): number {
    let oldest = Infinity;
    for (let worker = 0; worker < this.#workers; worker++) {
      const used = Atomics.load(this.#generations, worker * vitalsStride.generations + oldestWord);
      if (used !== 0 && used < oldest) oldest = used;
    }
    return oldest;
  }

  /**
   * The oldest generation that any worker gives to new exchanges, or Infinity when there is none. One that starts counts
   * with the first it is sent.
   */
  oldestServed(): number {
    let oldest = Infinity;
    for (let worker = 0; worker < this.#workers; worker++) {
      const served =
        this.generation(worker) || Atomics.load(this.#generations, worker * vitalsStride.generations + oldestWord);
      if (served !== 0 && served < oldest) oldest = served;
    }
    return oldest;
  }

  /** Stores what `worker` says of its event loop and memory. */
  setLoop(worker: number, report: LoopReport): void {
    const at = worker * vitalsStride.loop;
    this.#loop[at + lagWord] = report.lagMs;
    this.#loop[at + heapWord] = report.heapBytes;
    this.#loop[at + externalWord] = report.externalBytes;
  }

  /** What `worker` last said of its event loop and memory. */
  loop(worker: number): LoopReport {
    const at = worker * vitalsStride.loop;
    return {
      lagMs: this.#loop[at + lagWord],
      heapBytes: this.#loop[at + heapWord],
      externalBytes: this.#loop[at + externalWord],
    };
  }

  /** Counts a garbage collection of `worker`. */
  addGc(worker: number, kind: GcKind, ms: number): void {
    const at = worker * vitalsStride.loop + gcWord + gcKinds.indexOf(kind);
    this.#loop[at] += 1;
    this.#loop[at + gcKinds.length] += ms;
  }

  /** The garbage collections of `worker` and of those before it in its place. */
  gc(worker: number, kind: GcKind): { readonly runs: number; readonly ms: number } {
    const at = worker * vitalsStride.loop + gcWord + gcKinds.indexOf(kind);
    return { runs: this.#loop[at], ms: this.#loop[at + gcKinds.length] };
  }

  /** Counts entries of the access log that `worker` lost. */
  addDropped(worker: number, entries: number): void {
    this.#loop[worker * vitalsStride.loop + droppedWord] += entries;
  }

  /** The entries of the access log that `worker` and those before it in its place lost. */
  dropped(worker: number): number {
    return this.#loop[worker * vitalsStride.loop + droppedWord];
  }

  /** Clears the reports of a worker that no longer runs. */
  forget(worker: number): void {
    this.setGeneration(worker, 0);
    this.setOldest(worker, 0);
    this.setLoop(worker, { lagMs: 0, heapBytes: 0, externalBytes: 0 });
  }
}
