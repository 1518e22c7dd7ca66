import { expect, test } from 'vitest';
import { parseConfig } from '../check/parse-config.ts';
import { encodeBackend, encodeRoute } from '../documents/encode.ts';
import type { RouteDocument } from '../documents/documents.ts';
import { planChanges } from './plan-changes.ts';
import type { ChangePlan, Documents, PlanInput } from './plan-changes.ts';

const usersBackend = { name: 'shared', url: 'http://127.0.0.1:9001' };
const route = (name: string, port: number, more: object = {}) => ({
  name,
  pathPattern: `/${name}/**`,
  backends: [{ name: 'a', url: `http://127.0.0.1:${port}` }],
  ...more,
});
const sharing = (name: string, more: object = {}) => ({
  name,
  pathPattern: `/${name}/**`,
  backends: [{ backendId: 'shared' }],
  ...more,
});

function read(value: object) {
  const result = parseConfig(value);
  if (!result.ok) throw new Error(JSON.stringify(result.problems));
  const { routes, backends, changes } = result.config;
  const documents: Documents = {
    routes: new Map(routes.map((one) => [one.routeId, encodeRoute(one)])),
    backends: new Map(backends.map((one) => [one.backendId, encodeBackend(one)])),
  };
  return { documents, changes };
}

const digest = (content: string): string => content;

function plan(before: object, after: object, trials: PlanInput['trials'] = {}): ChangePlan {
  const [live, file] = [read(before), read(after)];
  return planChanges({ live: live.documents, file: file.documents, changes: file.changes, trials, digest });
}

/** The trial of what a file says, as it would be after the save. */
function triedIn(before: object, after: object, deploymentId = 'd1'): PlanInput['trials'] {
  const { measured } = plan(before, after);
  return Object.fromEntries(measured.map(({ routeId, content }) => [routeId, { deploymentId, content }]));
}

const measured = (...routes: object[]) => ({ changes: 'measured', routes });
const idsOf = (routes: readonly { readonly routeId: string }[]): string[] => routes.map(({ routeId }) => routeId);
const portOf = ({ backends: [first] }: RouteDocument) => ('url' in first ? first.url.slice(-4) : first.backendId);

test('the first file is live at once', () => {
  const { begin, routes } = plan({}, measured(route('users', 9001)));
  expect(begin).toEqual([]);
  expect(idsOf(routes)).toEqual(['users']);
});

test('a changed route is measured, and what serves stays', () => {
  const { begin, routes } = plan(measured(route('users', 9001)), measured(route('users', 9002)));
  expect(begin.map(({ routeId, candidate, stable }) => [routeId, portOf(stable), portOf(candidate)])).toEqual([
    ['users', '9001', '9002'],
  ]);
  expect(routes.map(portOf)).toEqual(['9001']);
});

const oneOf = (route_: object, change: object) => measured({ ...route_, ...change });
const keys = (more: object = {}) => ({ authentication: { methods: [{ type: 'apiKey' }], ...more } });
const limit = (requests: number) => ({ rateLimit: { type: 'FixedWindow', requests } });

test.each<[string, object, object]>([
  ['authentication', {}, keys()],
  ['who may come without credentials', keys({ anonymous: true }), keys()],
  ['authorization', keys(), { ...keys(), authorization: { scopes: ['orders:read'] } }],
  ['a rate limit', limit(100), limit(10)],
  ['a limit of requests in progress', {}, { maxConcurrentRequests: 10 }],
])('a route that differs in %s alone is measured', (_what, before, after) => {
  const users = route('users', 9001);
  const { begin, routes } = plan(oneOf(users, before), oneOf(users, after));
  expect(idsOf(begin)).toEqual(['users']);
  expect(routes).toEqual([begin[0]?.stable]);
});

test.each<[string, object, object]>([
  ['is new', measured(), measured(route('users', 9002))],
  ['is not measured', { routes: [route('users', 9001)] }, { routes: [route('users', 9002)] }],
  ['is not measured itself', measured(route('users', 9001)), measured(route('users', 9002, { changes: 'direct' }))],
  ['is switched off', measured(route('users', 9001)), measured(route('users', 9002, { isEnabled: false }))],
  ['was off', measured(route('users', 9001, { isEnabled: false })), measured(route('users', 9002))],
])('a route that %s goes live at once', (_what, before, after) => {
  const { begin, routes, unmeasured } = plan(before, after);
  expect(begin).toEqual([]);
  expect(unmeasured).toEqual([]);
  expect(routes.map(portOf)).toEqual(['9002']);
});

test('a route that matches other requests goes live at once, and the plan says so', () => {
  const { begin, routes, unmeasured } = plan(
    measured(route('users', 9001)),
    measured(route('users', 9002, { pathPattern: '/v2/**' })),
  );
  expect(begin).toEqual([]);
  expect(routes.map(portOf)).toEqual(['9002']);
  expect(unmeasured).toEqual(['users']);
});

test('a route whose objective alone is another one goes live at once: it serves as before', () => {
  const users = route('users', 9001);
  const { begin, routes, unmeasured } = plan(measured(users), oneOf(users, { slo: { availability: 99.9 } }));
  expect({ begin, unmeasured }).toEqual({ begin: [], unmeasured: [] });
  expect(routes[0]?.slo).toEqual({ availability: 99.9 });
});

test('a removed route is not in the plan', () => {
  expect(plan(measured(route('users', 9001)), measured()).routes).toEqual([]);
});

test('a changed shared backend is measured in every route that uses it; what serves keeps the one before', () => {
  const before = { ...measured(sharing('users'), sharing('orders'), route('other', 9009)), backends: [usersBackend] };
  const after = { ...before, backends: [{ ...usersBackend, url: 'http://127.0.0.1:9002' }] };
  const { begin, routes, backends } = plan(before, after);
  expect(idsOf(begin)).toEqual(['users', 'orders']);
  expect(begin.map(({ candidate }) => portOf(candidate))).toEqual(['shared', 'shared']);
  expect(routes.map(portOf)).toEqual(['9001', '9001', '9009']);
  expect(backends.map(({ url }) => url)).toEqual(['http://127.0.0.1:9002']);
});

test('a route that is not measured has the changed shared backend at once', () => {
  const before = { ...measured(sharing('users', { changes: 'direct' })), backends: [usersBackend] };
  const after = { ...before, backends: [{ ...usersBackend, url: 'http://127.0.0.1:9002' }] };
  const { begin, routes } = plan(before, after);
  expect(begin).toEqual([]);
  expect(routes.map(portOf)).toEqual(['shared']);
});

test('a shared backend that is written into its route instead changes nothing', () => {
  const before = { ...measured(sharing('users')), backends: [usersBackend] };
  const { begin, routes } = plan(before, measured({ ...sharing('users'), backends: [usersBackend] }));
  expect(begin).toEqual([]);
  expect(routes.map(portOf)).toEqual(['9001']);
});

test('what has been tried is not tried again: at a restart, or because of another route', () => {
  const before = measured(route('users', 9001), route('orders', 9001));
  const after = measured(route('users', 9002), route('orders', 9001));
  const trials = triedIn(before, after);
  const again = plan(before, after, trials);
  expect([idsOf(again.measured), again.begin, again.end]).toEqual([['users'], [], []]);
  const other = plan(before, measured(route('users', 9002), route('orders', 9003)), trials);
  expect([idsOf(other.begin), other.end]).toEqual([['orders'], []]);
});

test('a route that changes again ends its trial and begins anew', () => {
  const before = measured(route('users', 9001));
  const { begin, end } = plan(before, measured(route('users', 9003)), triedIn(before, measured(route('users', 9002))));
  expect([begin.map(({ candidate }) => portOf(candidate)), end]).toEqual([['9003'], ['d1']]);
});

test('a file that goes back to what serves ends the trial', () => {
  const before = measured(route('users', 9001));
  const back = plan(before, before, triedIn(before, measured(route('users', 9002))));
  expect([back.measured, back.begin, back.end]).toEqual([[], [], ['d1']]);
});

test('routes that were tried together begin anew together when one of them changes, and the others rest', () => {
  const before = measured(route('users', 9001), route('orders', 9001), route('cart', 9001));
  const after = measured(route('users', 9002), route('orders', 9002), route('cart', 9002));
  const trials = { ...triedIn(before, after), cart: { ...triedIn(before, after)['cart'], deploymentId: 'd2' } };
  const mended = measured(route('users', 9003), route('orders', 9002), route('cart', 9002));
  const { begin, end } = plan(before, mended, trials);
  expect([idsOf(begin), end]).toEqual([['users', 'orders'], ['d1']]);
});

test('a route that is removed, or no longer measured, ends the trial; the others of it begin anew', () => {
  const before = measured(route('users', 9001), route('orders', 9001));
  const trials = triedIn(before, measured(route('users', 9002), route('orders', 9002)));
  const removed = plan(before, measured(route('orders', 9002)), trials);
  expect([idsOf(removed.begin), removed.end]).toEqual([['orders'], ['d1']]);
  const direct = plan(before, measured(route('users', 9002, { changes: 'direct' }), route('orders', 9002)), trials);
  expect([idsOf(direct.begin), direct.end, direct.routes.map(portOf)]).toEqual([['orders'], ['d1'], ['9002', '9001']]);
});

test('a route under a trial that goes on keeps its split; one whose change is given up loses it', () => {
  const [live, file] = [read(measured(route('users', 9001))), read(measured(route('users', 9002)))];
  const stable = live.documents.routes.get('users')!;
  const candidate = file.documents.routes.get('users')!;
  const split = { deploymentId: 'd1', epoch: 1, percentage: 10, testers: [], draining: [], candidate };
  const running = { ...live.documents, routes: new Map([['users', { ...stable, split }]]) };
  const input = { live: running, changes: file.changes, trials: {}, digest };
  expect(planChanges({ ...input, file: file.documents }).routes[0].split).toEqual(split);
  expect(planChanges({ ...input, file: live.documents }).routes[0].split).toBeUndefined();
});
