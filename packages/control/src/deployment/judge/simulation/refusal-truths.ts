import type { Truth } from './truth.ts';

/** The shares of requests that both versions refuse, in percent. */
export interface RefusalRates {
  readonly stable: number;
  readonly candidate: number;
}

/** As many as the stable version, twice as many, 1 point more and 10 points more. */
const rates: readonly RefusalRates[] = [
  ...[0, 1, 10].map((candidate) => ({ stable: 0, candidate })),
  ...[0.1, 0.2, 1.1, 10.1].map((candidate) => ({ stable: 0.1, candidate })),
  ...[1, 2, 11].map((candidate) => ({ stable: 1, candidate })),
  ...[10, 11, 20].map((candidate) => ({ stable: 10, candidate })),
];

/** `refusalIncrease`: the default, and the smallest of which an increase by 1 point has to be found. */
export const refusalLimits = [0.1, 0.01] as const;

/** Versions that differ in what they refuse alone, by both limits. Latency would take most of the time, so there is none. */
export const refusalTruths: readonly Truth[] = rates.flatMap(({ stable, candidate }) =>
  [20, 200].flatMap((rate) =>
    refusalLimits.map((refusalIncrease): Truth => {
      const natureOf = (percent: number) => ({ errorRate: 0, refusalRate: percent / 100 });
      return {
        name: `${stable} % and ${candidate} %`,
        service: `refusalIncrease ${refusalIncrease}`,
        kind: 'refusals',
        rate,
        onset: 0,
        analysis: { refusalIncrease, dryRun: ['latency'] },
        nature: () => ({ stable: natureOf(stable), candidate: natureOf(candidate) }),
      };
    }),
  ),
);
