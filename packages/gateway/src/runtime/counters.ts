import { RetiredCounters, seriesOf } from '../observe/index.ts';
import type { CountedSlot } from '../observe/index.ts';
import { readTelemetry, SlotRegistry, VersionTelemetry } from '../state/index.ts';
import type { KeyedSlot, NodeMemory, TelemetrySnapshot } from '../state/index.ts';
import { countedSlot } from './places.ts';

/** Keeps the counts of slots that are given to others. Main thread only. */
export class Counters {
  readonly registry: SlotRegistry;
  readonly versions: VersionTelemetry;
  readonly #retired: RetiredCounters;

  constructor(memory: NodeMemory, mostRetired?: number) {
    this.#retired = new RetiredCounters(mostRetired);
    this.versions = new VersionTelemetry(memory);
    this.registry = new SlotRegistry(memory, (doomed) => {
      this.#retire(doomed, readTelemetry(memory));
    });
  }

  /** The counts of routes and backends that do not run any more. */
  past(telemetry: TelemetrySnapshot): ReturnType<RetiredCounters['and']> {
    const waiting = this.#counted(this.registry.quarantined());
    return this.#retired.and(waiting.flatMap((slot) => seriesOf(slot, telemetry, this.versions)));
  }

  #retire(doomed: readonly KeyedSlot[], telemetry: TelemetrySnapshot): void {
    const retiring = this.#counted(doomed).map((slot) => ({
      labels: slot.labels,
      series: seriesOf(slot, telemetry, this.versions),
    }));
    this.#retired.retire(retiring, () => this.#counted(this.registry.known()).map(({ labels }) => labels));
  }

  #counted(slots: Iterable<KeyedSlot>): CountedSlot[] {
    return Array.from(slots, countedSlot).filter((slot) => slot !== undefined);
  }
}
