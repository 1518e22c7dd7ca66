import type { SplitCounts } from '@sluice/model';
import { addCounts, emptyCounts } from '../../index.ts';
import type { Judge } from './judge.ts';
import { everyInterval, isBeyond } from './intervals.ts';

/** Looks every 10 s at the latest minute; rolls back as soon as its figures are beyond the limit, from 100 requests on. */
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
