import { latencyBucketOf, noCounts } from '@sluice/model';
import type { SplitNode } from '../../nodes/index.ts';
import type { SplitCounts, VersionCounts } from '@sluice/model';

/** The behaviour of a version: its share of failures, and the latency of each request in milliseconds. */
export interface Behaviour {
  readonly errorRate: number;
  readonly latencyMs: number;
}

const well: Behaviour = { errorRate: 0, latencyMs: 10 };

/** Nodes and their traffic, in place of a registry. Counts follow from shares, not from chance. */
export class Traffic {
  /** Requests per second, on all nodes together. */
  rate = 1000;
  /** The behaviour of the candidates that `behaviour` does not name. */
  usual: Behaviour = well;
  /** The behaviour of candidates, by deployment. */
  readonly behaviour = new Map<string, Behaviour>();
  readonly nodes = new Map<string, { live: boolean; ready: boolean } & Partial<Pick<SplitNode, 'revision' | 'faults'>>>(
    [
      ['n1', { live: true, ready: true }],
      ['n2', { live: true, ready: true }],
    ],
  );
  readonly #counts = new Map<string, SplitCounts>();
  readonly #epochs = new Map<string, number>();

  /** Lets time pass for the splits that run now. */
  flow(splits: readonly { deploymentId: string; epoch: number; percentage: number }[], seconds: number): void {
    if (![...this.nodes.values()].some(({ live }) => live)) return;
    for (const { deploymentId, epoch, percentage } of splits) {
      this.#epochs.set(deploymentId, epoch);
      const key = `${deploymentId} ${epoch}`;
      const { stable, candidate } = this.#counts.get(key) ?? { stable: noCounts, candidate: noCounts };
      const toCandidate = Math.round((this.rate * seconds * percentage) / 100);
      this.#counts.set(key, {
        stable: added(stable, Math.round(this.rate * seconds) - toCandidate, well),
        candidate: added(candidate, toCandidate, this.behaviour.get(deploymentId) ?? this.usual),
      });
    }
  }

  splits(deploymentId: string, epoch: number): SplitCounts {
    return this.#counts.get(`${deploymentId} ${epoch}`) ?? { stable: noCounts, candidate: noCounts };
  }

  splitNodes(deploymentId: string): readonly SplitNode[] {
    return [...this.nodes].map(([nodeId, { live, ready, revision = Number.MAX_SAFE_INTEGER, faults = [] }]) => ({
      nodeId,
      live,
      ready,
      problems: [],
      faults,
      state: 'serving' as const,
      revision,
      epoch: this.#epochs.get(deploymentId) ?? -1,
      stable: noCounts,
      candidate: noCounts,
    }));
  }
}

function added(counts: VersionCounts, requests: number, { errorRate, latencyMs }: Behaviour): VersionCounts {
  if (requests <= 0) return counts;
  const bucket = latencyBucketOf(latencyMs);
  const latencies = new Map(counts.latencies);
  latencies.set(bucket, (latencies.get(bucket) ?? 0) + requests);
  return {
    ...counts,
    requests: counts.requests + requests,
    failures: counts.failures + Math.round(requests * errorRate),
    latencies: [...latencies].toSorted(([a], [b]) => a - b),
  };
}
