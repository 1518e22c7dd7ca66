import { aggregate, current } from '@sluice/model/metrics';
import { workbookBurnRates } from '../rules/burn-rates.ts';
import { badRatio } from '../rules/objective-series.ts';
import type { Row } from './layout.ts';
import { timeSeries } from './panel/index.ts';

const windows = workbookBurnRates.rates.map(({ long }) => long);

/** The series that the alerts of an objective go by. They are of all nodes together. */
export const objective: Row = {
  title: 'Objective',
  panels: [
    timeSeries({
      title: 'Failed',
      about:
        'Share of the requests that failed, over the windows of the alerts. There is none without availability in slo.',
      width: 12,
      lines: windows.map((window) => ({
        name: window,
        query: aggregate('max', current(badRatio({ name: 'errors' }, window), { route: '$route' })),
      })),
    }),
    timeSeries({
      title: 'Too slow',
      about: 'Share of the requests that took longer than a bound in seconds. There is none without latency in slo.',
      width: 12,
      lines: windows.map((window) => ({
        name: window,
        query: aggregate('max', current(badRatio({ name: 'slow' }, window), { route: '$route' }), ['bound']),
      })),
    }),
  ],
};
