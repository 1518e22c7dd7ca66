import { setTimeout as sleep } from 'node:timers/promises';
import type { Server } from '../lab.ts';
import { median } from '../statistics.ts';

/** What a large configuration costs that is managed over the API. */
export interface Scale {
  readonly routes: number;
  readonly backends: number;
  /** From the request to bring it all in until it is live on the node. */
  readonly importMs: number;
  /** The slowest page of 100, over the first, a middle and the last page of routes and of backends, and a filtered list. */
  readonly slowestPageMs: number;
  readonly changes: number;
  /** From sending a change of one route until a request is answered by it. */
  readonly medianChangeMs: number;
  readonly slowestChangeMs: number;
  readonly residentBytes: number;
}

/** How it is measured. */
export interface ScaleOptions {
  readonly managementPort: number;
  readonly upstreamPort: number;
  readonly password: string;
  readonly routes: number;
  readonly backendsPerRoute: number;
  readonly changes: number;
}

/** Brings in the routes by one call, then lists and changes them while requests go through. */
export async function measureScale(server: Server, options: ScaleOptions): Promise<Omit<Scale, 'residentBytes'>> {
  const { routes: count, backendsPerRoute, changes } = options;
  const api = await openApi(options);
  const routes = Array.from({ length: count }, (_, index) => route(index, options));
  const importMs = await timed(async () => {
    await api('POST', '/gateway/configuration/apply', { configuration: { routes, backends: [] }, prune: false });
    while ((await changeSeen(server.port, count - 1)) === undefined) await sleep(5);
  });

  const pages: number[] = [];
  for (const share of [0, 0.5, 0.99]) {
    for (const [list, total] of [['routes', count] as const, ['backends', count * backendsPerRoute] as const]) {
      const offset = Math.floor(total * share);
      pages.push(await timed(() => api('GET', `/gateway/${list}?limit=100&offset=${offset}`)));
    }
  }
  pages.push(await timed(() => api('GET', '/gateway/routes?limit=100&isEnabled=true&strategy=RoundRobin')));

  const times: number[] = [];
  for (let change = 1; change <= changes; change += 1) {
    const index = (change * 97) % count;
    times.push(
      await timed(async () => {
        const acknowledged = api('PUT', `/gateway/routes/route-${index}`, { transformations: marked(change) });
        while ((await changeSeen(server.port, index)) !== String(change)) await sleep(1);
        await acknowledged;
      }),
    );
  }
  return {
    routes: count,
    backends: count * backendsPerRoute,
    importMs,
    slowestPageMs: Math.max(...pages),
    changes,
    medianChangeMs: median(times),
    slowestChangeMs: Math.max(...times),
  };
}

function route(index: number, { upstreamPort, backendsPerRoute }: ScaleOptions): object {
  // Every backend is an address of its own to the gateway, though one upstream answers for all of them.
  const url = (backend: number): string => `http://127.0.0.1:${upstreamPort}/of/${index}-${backend}`;
  return {
    name: `route-${index}`,
    pathPattern: `/scale/${index}/**`,
    transformations: { request: { rewritePath: '/scale/[^/]+/(.*) → /$1' }, ...marked(0) },
    backends: Array.from({ length: backendsPerRoute }, (_, backend) => ({ name: `b-${backend}`, url: url(backend) })),
  };
}

function marked(change: number): object {
  return { response: { addHeaders: { 'x-change': String(change) } } };
}

/** The change that answers on a route; undefined when there is no such route yet. */
async function changeSeen(port: number, index: number): Promise<string | undefined> {
  const answer = await fetch(`http://127.0.0.1:${port}/scale/${index}/1k`);
  await answer.arrayBuffer();
  return answer.headers.get('x-change') ?? undefined;
}

type CallApi = (method: string, path: string, body?: object) => Promise<void>;

async function openApi({ managementPort, password }: ScaleOptions): Promise<CallApi> {
  const base = `http://127.0.0.1:${managementPort}/api/v1`;
  const headers: Record<string, string> = { 'content-type': 'application/json' };
  const send = async (method: string, path: string, body?: object): Promise<string> => {
    const answer = await fetch(base + path, { method, headers, ...(body && { body: JSON.stringify(body) }) });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${path} was answered ${answer.status}: ${text.slice(0, 300)}`);
    return text;
  };
  const login = JSON.parse(await send('POST', '/authentication/login', { username: 'admin', password })) as {
    token: string;
  };
  headers['authorization'] = `Bearer ${login.token}`;
  return async (method, path, body) => {
    await send(method, path, body);
  };
}

async function timed(work: () => Promise<void>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}
