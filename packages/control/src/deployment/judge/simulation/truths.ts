import { heavyTailed, logNormal, scaled, slowTail } from './latency-law.ts';
import type { LatencyLaw } from './latency-law.ts';
import { refusalTruths } from './refusal-truths.ts';
import type { Nature, Truth } from './truth.ts';

/** Requests per second of both versions together. */
export const rates = [2, 5, 20, 200, 1000] as const;

interface Service {
  readonly name: string;
  readonly errorRate: number;
  readonly latency: LatencyLaw;
}

const services: readonly Service[] = [
  { name: '0.1 % errors, even latency (σ 0.5)', errorRate: 0.001, latency: logNormal(0.5) },
  { name: '1 % errors, uneven latency (σ 1)', errorRate: 0.01, latency: logNormal(1) },
  { name: '5 % errors, heavy tail', errorRate: 0.05, latency: heavyTailed },
];

type Change = (service: Nature) => Nature;
type Sides = { readonly stable: Nature; readonly candidate: Nature };

const same: Change = (service) => service;
const failsMore =
  (points: number): Change =>
  ({ errorRate, latency }) => ({ errorRate: Math.min(1, errorRate + points / 100), latency });

const refuses =
  (share: number): Change =>
  (service) => ({ ...service, refusalRate: share });

/** Laws are compared by identity, so each is made once. */
function slower(make: (law: LatencyLaw, factor: number) => LatencyLaw, factor: number): Change {
  const made = new Map(services.map(({ latency }) => [latency, make(latency, factor)]));
  return ({ errorRate, latency }) => ({ errorRate, latency: latency && (made.get(latency) ?? latency) });
}

const always =
  (change: Change) =>
  (service: Nature): Sides => ({ stable: service, candidate: change(service) });

interface Kind {
  readonly name: string;
  readonly kind: Truth['kind'];
  readonly onset?: number;
  sides(service: Nature, second: number): Sides;
}

/** The candidate turns bad 200 s into the second phase, after many good comparisons. */
const lateOnset = 500;
const late =
  (change: Change) =>
  (service: Nature, second: number): Sides => ({
    stable: service,
    candidate: second < lateOnset ? service : change(service),
  });

/** For a minute 30 % of the requests of both versions fail. */
const incident = failsMore(30);
const duringIncident = (second: number): boolean => second >= 380 && second < 440;
/** For one second in the first phase a fifth of the candidate's requests fails. */
const blip = failsMore(20);

const halfSlower = slower(scaled, 1.5);
/** The candidate that only the slowest requests show: the trap of every lower percentile. */
const slowTailOnly = '+50 % of p99, slow tail only';

const kinds: readonly Kind[] = [
  { name: 'equal', kind: 'equal', sides: always(same) },
  {
    name: 'equal, both fail for a minute',
    kind: 'equal',
    sides: (service, second) => {
      const now = duringIncident(second) ? incident(service) : service;
      return { stable: now, candidate: now };
    },
  },
  {
    name: 'equal but for one bad second',
    kind: 'equal',
    sides: (service, second) => ({ stable: service, candidate: second === 100 ? blip(service) : service }),
  },
  { name: '+1 point of errors', kind: 'between', sides: always(failsMore(1)) },
  { name: '+10 % of all latencies', kind: 'between', sides: always(slower(scaled, 1.1)) },
  { name: '+5 points of errors', kind: 'bad', sides: always(failsMore(5)) },
  { name: '+5 points, late', kind: 'bad', onset: lateOnset, sides: late(failsMore(5)) },
  { name: '+5 points while both fail', kind: 'bad', onset: 380, sides: failingBeside },
  { name: 'fails always', kind: 'bad', sides: always(failsMore(100)) },
  { name: 'fails always, late', kind: 'bad', onset: lateOnset, sides: late(failsMore(100)) },
  { name: '+50 % of all latencies', kind: 'bad', sides: always(halfSlower) },
  { name: slowTailOnly, kind: 'bad', sides: always(slower(slowTail, 1.5)) },
  { name: '+50 % of all latencies, late', kind: 'bad', onset: lateOnset, sides: late(halfSlower) },
  {
    name: 'as many as the stable version: 20 % of all requests',
    kind: 'refusing',
    sides: (service) => ({ stable: refuses(0.2)(service), candidate: refuses(0.2)(service) }),
  },
  { name: '2 % of its requests', kind: 'refusing', sides: always(refuses(0.02)) },
  { name: '20 % of its requests', kind: 'refusing', sides: always(refuses(0.2)) },
  { name: '20 % of its requests, late', kind: 'refusing', onset: lateOnset, sides: late(refuses(0.2)) },
  { name: 'all of its requests', kind: 'refusing', sides: always(refuses(1)) },
];

/** The candidate gets worse by 5 points in the second in which the shared backends begin to fail. */
function failingBeside(service: Nature, second: number): Sides {
  const stable = duringIncident(second) ? incident(service) : service;
  return { stable, candidate: second < 380 ? stable : failsMore(5)(stable) };
}

/**
 * How many deployments of a truth are simulated: most where 1 in 100 has to be told from 0. Deployments that run to their end
 * take a hundred times longer to simulate than those that are rolled back at once.
 */
export function plannedRuns({ name, kind, rate, onset }: Truth): number {
  if (kind === 'refusals') return 60;
  if (rate < 20) return fewRequestsRuns(name);
  if (kind === 'refusing') return 10;
  if (name === 'equal' || (onset === lateOnset && rate === 20 && !name.startsWith('fails'))) return 200;
  return kind === 'bad' ? 50 : 30;
}

/** With few requests a deployment lasts for an hour and more. */
function fewRequestsRuns(name: string): number {
  if (name === 'equal') return 30;
  return name === slowTailOnly ? 15 : 5;
}

export const truths: readonly Truth[] = [
  ...kinds.flatMap((kind) => rates.flatMap((rate) => services.map((service) => truthOf(kind, rate, service)))),
  ...refusalTruths,
];

function truthOf({ name, kind, onset = 0, sides }: Kind, rate: number, service: Service): Truth {
  return {
    name,
    service: service.name,
    kind,
    rate,
    onset,
    nature: (second) => sides(service, second),
  };
}
