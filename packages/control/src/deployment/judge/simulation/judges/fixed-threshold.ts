import type { SplitCounts } from '@sluice/model';
import { addCounts, emptyCounts } from '../../index.ts';
import type { Judge } from './judge.ts';
import { everyInterval, isBeyond } from './intervals.ts';

/** Compares the latest minute every 10 s. Rolls back as soon as it exceeds a limit, once there are 100 requests. */
export function createFixedThreshold(): Judge {
  let latest: SplitCounts[] = [];
  let phaseNow = 0;
  return everyInterval((counts, phase) => {
    if (phase !== phaseNow) [phaseNow, latest] = [phase, []];
    latest = [...latest.slice(-5), counts];
    const minute = latest.reduce(addCounts, emptyCounts);
    const isEnough = minute.stable.requests >= 100 && minute.candidate.requests >= 100;
    return isEnough && isBeyond(minute);
  });
}
