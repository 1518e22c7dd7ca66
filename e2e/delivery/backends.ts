import type { IncomingMessage } from 'node:http';
import { startHttpBackend } from '../kit/index.ts';
import type { HttpBackend } from '../kit/index.ts';

/** What a request to a backend was, as far as it matters here. */
export interface Arrival {
  readonly method: string;
  readonly isCopy: boolean;
  readonly isTester: boolean;
}

/** The two versions of everything: the first segment of the path is the route that a request is of. */
export interface VersionBackends {
  readonly stable: HttpBackend;
  readonly candidate: HttpBackend;
  /** What arrived at a version for a route, in order. */
  arrivals(version: Version, route: string): readonly Arrival[];
  /** From now on the candidate of a route answers with 500 to this share (0 to 1) of its requests. */
  fail(route: string, share: number): void;
  close(): Promise<void>;
}

/** A side of a deployment; both backends answer with this, their name. */
export type Version = 'stable' | 'candidate';

/** Starts a backend for each version. Below `/<route>/smoke` the candidate answers 200 or what `fail` says, not counted. */
export async function startVersionBackends(): Promise<VersionBackends> {
  const [stable, candidate] = await Promise.all([startHttpBackend('stable'), startHttpBackend('candidate')]);
  const arrivals = new Map<string, Arrival[]>();
  const failing = new Map<string, { share: number; due: number }>();
  const listOf = (version: Version, route: string): Arrival[] => {
    const key = `${version} ${route}`;
    const known = arrivals.get(key);
    if (known !== undefined) return known;
    const list: Arrival[] = [];
    arrivals.set(key, list);
    return list;
  };
  const isFailure = (route: string): boolean => {
    const failure = failing.get(route);
    if (failure === undefined) return false;
    // Evenly, so that a count of answers says how many of them failed.
    failure.due += failure.share;
    if (failure.due < 1) return false;
    failure.due -= 1;
    return true;
  };
  for (const backend of [stable, candidate]) {
    const version = backend.name as Version;
    backend.answer = (request, response) => {
      const [, route, rest] = (request.url ?? '').split('/');
      request.resume();
      if (rest !== 'smoke') listOf(version, route).push(arrivalOf(request));
      const fails = version === 'candidate' && isFailure(route);
      response.writeHead(fails ? 500 : 200).end(version);
    };
  }
  return {
    stable,
    candidate,
    arrivals: listOf,
    fail: (route, share) => void failing.set(route, { share, due: 0 }),
    close: async () => {
      await Promise.all([stable.close(), candidate.close()]);
    },
  };
}

/** What testers of every route send. */
export const testerHeader = { 'x-tester': 'yes' } as const;

function arrivalOf({ method = '', headers }: IncomingMessage): Arrival {
  return {
    method,
    isCopy: headers['sluice-mirror'] !== undefined,
    isTester: headers['x-tester'] === testerHeader['x-tester'],
  };
}
