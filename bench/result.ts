import type { Machine } from './machine.ts';
import type { AddedLatency } from './probes/added-latency.ts';
import type { FileChange } from './probes/file-change.ts';
import type { Memory } from './probes/memory.ts';
import type { Scale } from './probes/scale.ts';
import type { Swaps } from './probes/swaps.ts';
import type { Cell } from './throughput.ts';

/** Everything one run found; this is what `--json` prints and `results/latest.json` holds. */
export interface Result {
  readonly machine: Machine;
  readonly rounds: number;
  readonly seconds: number;
  readonly throughput: readonly Cell[];
  readonly latency?: AddedLatency;
  readonly memory?: Memory;
  /** By size of the configuration. */
  readonly fileChange?: readonly FileChange[];
  readonly swaps?: Swaps;
  readonly scale?: Scale;
}

/** What went wrong for Sluice in this run: answers that are errors or wrong. Figures that fall short are not in it. */
export function faultsOf({ throughput, latency, swaps }: Result): string[] {
  const faults = throughput
    .filter(({ peer, errors }) => peer === 'sluice' && errors > 0)
    .map(({ caseId, errors }) => `${caseId}: ${errors} errors`);
  if (latency && latency.errors > 0) faults.push(`latency: ${latency.errors} errors`);
  if (swaps && swaps.wrong + swaps.dropped > 0) {
    faults.push(`swaps: ${swaps.wrong} wrong and ${swaps.dropped} dropped answers: ${swaps.examples.join('; ')}`);
  }
  return faults;
}
