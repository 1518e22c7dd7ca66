import { parseArgs } from 'node:util';

/** The proxies that can be measured, in the order of the table; `sluice-alone` is one without a control plane. */
export const peerNames = ['sluice', 'sluice-alone', 'nginx', 'haproxy', 'fastify'] as const;
export type PeerName = (typeof peerNames)[number];

/** One kind of load; `path` is answered by the upstream, below the prefix of a route. */
export interface Case {
  readonly id: string;
  readonly title: string;
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly connections: number;
  /** Over TLS 1.3; `handshakes` makes one for each request, and resumes none. */
  readonly tls?: 'kept' | 'handshakes';
}

export const cases: readonly Case[] = [
  { id: '1k-64', title: '1 KB GET, 64 connections', method: 'GET', path: '1k', connections: 64 },
  { id: '1k-512', title: '1 KB GET, 512 connections', method: 'GET', path: '1k', connections: 512 },
  { id: '100k-64', title: '100 KB GET, 64 connections', method: 'GET', path: '100k', connections: 64 },
  { id: 'post-64', title: '4 KB POST, 64 connections', method: 'POST', path: 'post', connections: 64 },
  { id: 'tls-1k-64', title: 'TLS, 1 KB GET', method: 'GET', path: '1k', connections: 64, tls: 'kept' },
  { id: 'tls-100k-64', title: 'TLS, 100 KB GET', method: 'GET', path: '100k', connections: 64, tls: 'kept' },
  { id: 'tls-new-32', title: 'TLS, handshake and 1 KB', method: 'GET', path: '1k', connections: 32, tls: 'handshakes' },
];

/** Figures beside the table; each needs Sluice. */
export const probeNames = ['latency', 'memory', 'change', 'swaps', 'scale'] as const;
export type ProbeName = (typeof probeNames)[number];

export interface Options {
  readonly json: boolean;
  readonly quick: boolean;
  readonly rounds: number;
  /** Length of one measurement and of the warm-up before it, seconds. */
  readonly seconds: number;
  readonly warmUpSeconds: number;
  readonly peers: readonly PeerName[];
  readonly cases: readonly Case[];
  readonly probes: readonly ProbeName[];
  /** Nothing was left out or cut short. */
  readonly whole: boolean;
  /** Set for a run that measures policies instead of peers. */
  readonly policies?: PolicyOptions;
  /** Set for a run that measures what observing costs. */
  readonly observe?: ObserveOptions;
}

export interface ObserveOptions {
  /** The loads to measure; all of them if absent. */
  readonly only?: readonly string[] | undefined;
}

export interface PolicyOptions {
  /** The policies to measure; all of them if absent. */
  readonly only?: readonly string[] | undefined;
  /** Another checkout, whose route without policies is measured beside that of this one. */
  readonly before?: string | undefined;
}

export const usage = `npm run bench -- [options]
  --quick            one round of 2 s per cell and short probes: shows that it works, not what it costs
  --rounds N         rounds, interleaved; the table shows medians (default 3)
  --seconds N        length of one measurement (default 8)
  --only a,b         of ${peerNames.join(', ')}
  --cases a,b        of ${cases.map(({ id }) => id).join(', ')}, or none
  --probes a,b       of ${probeNames.join(', ')}, or none
  --json             the result as JSON on stdout instead of the tables
  --policies         what each policy adds to a request, beside nginx without any; with it, --only names policies
  --observe          what metrics, access log and traces add to a request; with it, --only names some of them
  --before FOLDER    with --policies: another checkout, whose route without policies is measured as well`;

/** Reads the command line; throws an Error whose message is fit for the user when it makes no sense. */
export function parseOptions(argv: readonly string[]): Options {
  const text = { type: 'string' } as const;
  const flag = { type: 'boolean' } as const;
  const { values } = parseArgs({
    args: [...argv],
    options: {
      json: flag,
      quick: flag,
      rounds: text,
      seconds: text,
      only: text,
      cases: text,
      probes: text,
      policies: flag,
      observe: flag,
      before: text,
    },
  });
  const policies = policyOptions(values);
  const observe = observeOptions(values);
  const isOther = policies !== undefined || observe !== undefined;
  const quick = values.quick ?? false;
  const peers = pick('--only', isOther ? undefined : values.only, peerNames);
  const caseIds = pick(
    '--cases',
    values.cases,
    cases.map(({ id }) => id),
  );
  const probes = peers.includes('sluice') ? pick('--probes', values.probes, probeNames) : [];
  const rounds = positive('--rounds', values.rounds, quick ? 1 : 3);
  const seconds = positive('--seconds', values.seconds, quick ? 2 : 8);
  const all =
    peers.length === peerNames.length && caseIds.length === cases.length && probes.length === probeNames.length;
  return {
    json: values.json ?? false,
    quick,
    rounds,
    seconds,
    warmUpSeconds: quick ? 1 : 2,
    peers,
    cases: cases.filter(({ id }) => caseIds.includes(id)),
    probes,
    whole: (isOther ? values.only === undefined : all) && rounds >= 3 && seconds >= 8,
    ...(policies !== undefined && { policies }),
    ...(observe !== undefined && { observe }),
  };
}

function policyOptions(values: {
  readonly policies?: boolean | undefined;
  readonly only?: string | undefined;
  readonly before?: string | undefined;
  readonly cases?: string | undefined;
  readonly probes?: string | undefined;
}): PolicyOptions | undefined {
  const { policies = false, only, before, cases: caseIds, probes } = values;
  if (policies && (caseIds !== undefined || probes !== undefined))
    throw new Error('--policies has loads of its own: leave --cases and --probes out');
  if (!policies && before !== undefined) throw new Error('--before goes with --policies');
  return policies ? { only: only?.split(','), before } : undefined;
}

function observeOptions(values: {
  readonly observe?: boolean | undefined;
  readonly policies?: boolean | undefined;
  readonly only?: string | undefined;
  readonly cases?: string | undefined;
  readonly probes?: string | undefined;
}): ObserveOptions | undefined {
  const { observe = false, policies = false, only, cases: caseIds, probes } = values;
  if (!observe) return undefined;
  if (policies) throw new Error('--observe and --policies are two runs');
  if (caseIds !== undefined || probes !== undefined)
    throw new Error('--observe has loads of its own: leave --cases and --probes out');
  return { only: only?.split(',') };
}

function pick<T extends string>(option: string, value: string | undefined, known: readonly T[]): readonly T[] {
  if (value === undefined) return known;
  if (value === 'none') return [];
  const wanted = value.split(',');
  const unknown = wanted.filter((name) => !(known as readonly string[]).includes(name));
  if (unknown.length > 0) throw new Error(`${option}: unknown ${unknown.join(', ')}; there are ${known.join(', ')}`);
  return known.filter((name) => wanted.includes(name));
}

function positive(option: string, value: string | undefined, fallback: number): number {
  if (value === undefined) return fallback;
  const number = Number(value);
  if (!Number.isInteger(number) || number < 1) throw new Error(`${option}: a whole number from 1 on, not ${value}`);
  return number;
}
