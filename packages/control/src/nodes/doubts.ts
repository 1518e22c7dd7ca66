import type { SplitCounts, VersionCounts } from '@sluice/model';

/** No node answers more requests in a second. */
const mostPerSecond = 100_000;
/** With fewer requests the share of failures says too little to tell nodes apart. */
const fewest = 50;
/** The failures of an outlier differ from those of all others by more than this share and this many standard errors. */
const outlying = { share: 0.2, errors: 6 };

/** How many requests a node counted on both versions, and how many of them failed. */
export type Shares = Readonly<Record<keyof SplitCounts, Share>>;
type Share = Pick<VersionCounts, 'requests' | 'failures'>;

/** Why counts are impossible, or undefined. `seconds` is how long they were counted. */
export function impossible(counts: SplitCounts, seconds: number, before?: SplitCounts): string | undefined {
  for (const version of ['stable', 'candidate'] as const) {
    const [now, then] = [counts[version], before?.[version]];
    if (Math.max(now.failures, now.clientErrors) > atMost(now)) return 'it counted more failures than requests';
    if (timed(now) > atMost(now)) return 'it timed more requests than it counted';
    if (then !== undefined && totals.some((total) => now[total] < then[total])) return 'its counters went down';
    if (now.requests - (then?.requests ?? 0) > mostPerSecond * (seconds + 1)) {
      return 'it counted more requests than the time allows';
    }
  }
  return undefined;
}

/**
 * The one node whose share of failures is far from that of all others, when the others agree. Of two nodes nobody can tell
 * which is right, and when more than one differs, all of them count.
 */
export function outlierOf(nodes: ReadonlyMap<string, Shares>): string | undefined {
  return outlierIn(nodes, 'candidate') ?? outlierIn(nodes, 'stable');
}

/** Whether there are two nodes and their shares of failures are far apart: one is wrong, and nobody can tell which. */
export function contradict(nodes: ReadonlyMap<string, Shares>): boolean {
  return (['candidate', 'stable'] as const).some((version) => {
    const known = knownOf(nodes, version).map(([, counts]) => counts[version]);
    return known.length === 2 && isFar(known[0], [known[1]]);
  });
}

const totals = ['requests', 'failures', 'clientErrors', 'aborted', 'rejected'] as const;

/** Counters are read one by one while requests are served, so they may not add up exactly. */
function atMost({ requests }: VersionCounts): number {
  return requests * 1.1 + 1_000;
}

function timed({ latencies }: VersionCounts): number {
  return latencies.reduce((sum, [, count]) => sum + count, 0);
}

function outlierIn(nodes: ReadonlyMap<string, Shares>, version: keyof SplitCounts): string | undefined {
  const known = knownOf(nodes, version);
  if (known.length < 3) return undefined;
  return known.find(([nodeId, counts]) => {
    const others = known.filter(([other]) => other !== nodeId).map(([, other]) => other[version]);
    return agree(others) && isFar(counts[version], others);
  })?.[0];
}

function knownOf(nodes: ReadonlyMap<string, Shares>, version: keyof SplitCounts): [string, Shares][] {
  return [...nodes].filter(([, counts]) => counts[version].requests >= fewest);
}

function agree(others: readonly Share[]): boolean {
  const shares = others.map(({ requests, failures }) => failures / requests);
  return Math.max(...shares) - Math.min(...shares) <= outlying.share;
}

/** A test of two proportions. */
function isFar({ requests, failures }: Share, others: readonly Share[]): boolean {
  const among = others.reduce((sum, one) => sum + one.requests, 0);
  const failed = others.reduce((sum, one) => sum + one.failures, 0);
  const difference = Math.abs(failures / requests - failed / among);
  const pooled = (failures + failed) / (requests + among);
  const error = Math.sqrt(pooled * (1 - pooled) * (1 / requests + 1 / among));
  return difference > outlying.share && difference > outlying.errors * error;
}
