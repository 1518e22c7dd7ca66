import { createLogger } from '@sluice/service';
import { afterEach, beforeEach, expect, onTestFinished, test, vi } from 'vitest';
import { createLeader, createProcessLock } from '../lock/index.ts';
import type { Leader } from '../lock/index.ts';
import { startApi, testRoute } from './testing/start-api.ts';
import type { StartedApi } from './testing/start-api.ts';

const login = '/api/v1/authentication/login';
const diff = '/api/v1/gateway/configuration/diff';
const mebibyte = 1024 * 1024;

let started: StartedApi;
let leader: Leader;
/** How often this process began or ceased to lead. */
let turns: boolean[];

/** Milliseconds of work of this thread: work that takes it all loses the lock, and a machine that is busy with other things does not. */
const clock = (): number => {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
};

beforeEach(async () => {
  started = await startApi();
  turns = [];
  leader = createLeader({
    lock: createProcessLock({ clock }),
    store: started.store,
    clock,
    log: createLogger({ output: { write: () => {} }, json: true }),
  });
  const leads = new Promise<void>((resolve) => {
    leader.onChange((leading) => {
      turns.push(leading);
      resolve();
    });
  });
  await leads;
});
afterEach(async () => {
  await leader.close();
  await started.close();
});

interface ErrorBody {
  readonly error: { readonly code: string; readonly details: { path: string; message: string; unlisted?: number }[] };
}

const errorOf = async (answer: Response): Promise<ErrorBody['error']> => ((await answer.json()) as ErrorBody).error;

/** `{"configuration":{"routes":[{},{},…]}}` of about so many bytes. */
const emptyRoutes = (bytes: number): string =>
  `{"configuration":{"routes":[{}${',{}'.repeat(Math.floor(bytes / 3))}]}}`;

test('a login of 80,000 fields is refused by its size, in few bytes', async () => {
  const fields = Array.from({ length: 80_000 }, (_, index) => `"f${index}":1`);
  const answer = await started.send('POST', login, { text: `{${fields.join(',')}}` });
  expect(answer.status).toBe(413);
  expect((await answer.text()).length).toBeLessThan(500);
  const many = await started.send('POST', login, { text: `{${fields.slice(0, 120).join(',')}}` });
  expect(await errorOf(many)).toMatchObject({
    details: [{ message: expect.stringContaining('more than 100 values') as string }],
  });
});

test('of many unknown fields twenty are named, and the rest is counted', async () => {
  const fields = Array.from({ length: 90 }, (_, index) => [`f${index}`, 1]);
  const { details } = await errorOf(await started.send('POST', login, { body: Object.fromEntries(fields) }));
  expect(details).toHaveLength(21);
  expect(details.at(-1)).toEqual({ path: '', message: 'and 72 more problems', unlisted: 72 });
});

test('65 MB of empty routes keep nobody from leading, whoever sends them', async () => {
  const text = emptyRoutes(65 * mebibyte);
  const { token } = leader;
  for (const role of ['Viewer', 'Admin'] as const) {
    const answer = await started.send('POST', diff, { token: await started.token(role), text });
    expect(answer.status, role).toBe(413);
  }
  // As much as an Admin may send: too many values, which shows long before its end.
  const most = emptyRoutes(63 * mebibyte);
  const answer = await started.send('POST', diff, { token: await started.token('Admin'), text: most });
  const { details } = await errorOf(answer);
  expect([answer.status, details[0].message]).toEqual([
    400,
    'the body holds more than 4000000 values: send less at once',
  ]);
  expect([turns, leader.token]).toEqual([[true], token]);
});

/**
 * Counts the turns that others get between steps of the work, from now on. The work finds that each of its steps took a
 * millisecond, on a fast machine too.
 */
function countTurns(): () => number {
  let [now, lastNow, count] = [performance.now(), 0, 0];
  const stepped = vi.spyOn(performance, 'now').mockImplementation(() => (now += 1));
  let next = setImmediate(function turn() {
    if (now !== lastNow) count += 1;
    lastNow = now;
    next = setImmediate(turn);
  });
  onTestFinished(() => {
    clearImmediate(next);
    stepped.mockRestore();
  });
  return () => count;
}

test('the work of a large comparison lets others have their turn all the while', async () => {
  const admin = await started.token('Admin');
  const backends = Array.from({ length: 4000 }, (_, index) => ({
    name: `b${index}`,
    url: 'http://10.0.0.1:80',
    weight: -1,
  }));
  const turnsOfOthers = countTurns();
  const asked = started.send('POST', diff, { token: admin, body: { configuration: { backends } } });
  const { problems } = (await (await asked).json()) as { problems: { message: string; unlisted?: number }[] };
  expect(problems).toHaveLength(21);
  expect(problems.at(-1)).toMatchObject({ unlisted: 3980 });
  expect(turnsOfOthers()).toBeGreaterThan(100);
});

test('large work that is accepted keeps nobody from leading either', async () => {
  const { token: term } = leader;
  const token = await started.token('Admin');
  const routes = Array.from({ length: 2000 }, (_, index) => ({ ...testRoute, name: `r${index}` }));
  const turnsOfOthers = countTurns();
  for (const path of [diff, '/api/v1/gateway/configuration/apply']) {
    const answer = await started.send('POST', path, { token, body: { configuration: { routes } } });
    expect([path, answer.status]).toEqual([path, 200]);
    expect(((await answer.json()) as { changes: unknown[] }).changes).toHaveLength(2000);
  }
  expect(turnsOfOthers()).toBeGreaterThan(100);
  expect([turns, leader.token]).toEqual([[true], term]);
});

test('routes are read and changed while a whole configuration is being checked, and the leader leads on', async () => {
  const { promise: isOver, resolve: end } = Promise.withResolvers<void>();
  const { promise: isUnderWay, resolve: begin } = Promise.withResolvers<void>();
  const { token: term } = leader;
  const { store } = started;
  const token = await started.token('Admin');
  await started.send('POST', '/api/v1/gateway/routes', { token, body: testRoute });
  const get = store.get.bind(store);
  // The last thing that is looked at before the answer.
  store.get = async (collection, id) => {
    if (collection.name === 'delivery_line') {
      store.get = get;
      begin();
      await isOver;
    }
    return get(collection, id);
  };
  const routes = Array.from({ length: 50 }, (_, index) => ({ ...testRoute, name: `r${index}` }));
  const dryRun = '/api/v1/gateway/configuration/apply?dryRun=true';
  const asked = started.send('POST', dryRun, { token, body: { configuration: { routes } } });
  await isUnderWay;
  const list = await started.send('GET', '/api/v1/gateway/routes', { token });
  const one = `/api/v1/gateway/routes/${testRoute.name}`;
  const changed = await started.send('PUT', one, { token, body: { priority: 7 } });
  expect([list.status, changed.status]).toEqual([200, 200]);
  end();
  expect(((await (await asked).json()) as { changes: unknown[] }).changes).toHaveLength(50);
  expect([turns, leader.token]).toEqual([[true], term]);
});

test('each caller has two requests about a whole configuration under way at most', async () => {
  const tokens = { viewer: await started.token('Viewer'), operator: await started.token('Operator') };
  const ends: (() => void)[] = [];
  /** A request whose body is not over yet; resolves once it is being read. */
  const begin = async (token: string) => {
    const isRead = Promise.withResolvers<void>();
    const body = new ReadableStream(
      {
        pull(controller) {
          ends.push(() => {
            controller.enqueue(new TextEncoder().encode('{"configuration":{}}'));
            controller.close();
          });
          isRead.resolve();
          return new Promise(() => {});
        },
      },
      // Otherwise a stream asks for its first piece before anybody reads it.
      { highWaterMark: 0 },
    );
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
    const request = new Request(`http://sluice${diff}`, { method: 'POST', headers, body, duplex: 'half' });
    const answer = started.api.fetch(request, { address: '10.1.1.1', isCertified: false });
    await isRead.promise;
    return { answer };
  };
  const ask = (token: string) => started.send('POST', diff, { token, body: { configuration: {} } });
  const begun = [await begin(tokens.viewer), await begin(tokens.viewer)];
  const refused = await ask(tokens.viewer);
  expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '2']);
  expect((await ask(tokens.operator)).status).toBe(200);
  for (const end of ends) end();
  for (const { answer } of begun) expect((await answer).status).toBe(200);
  expect((await ask(tokens.viewer)).status).toBe(200);
});

test('a field that is given twice is refused, wherever it is and however it is written', async () => {
  const token = await started.token('Admin');
  const send = async (text: string) => errorOf(await started.send('POST', '/api/v1/gateway/routes', { token, text }));
  const twice = '{"name":"a","backends":[{"name":"one","url":"http://10.0.0.1:80","\\u0075rl":"http://10.0.0.2:80"}]}';
  expect(await send(twice)).toMatchObject({
    details: [{ path: 'backends[0].url', message: 'is given more than once' }],
  });
  expect(await send('{"name":"a","name":"b"}')).toMatchObject({ details: [{ path: 'name' }] });
});

test('the limit on logins counts before anything of the body is looked at', async () => {
  await started.close();
  started = await startApi({ limitFactor: 1 });
  const send = () => started.send('POST', login, { text: 'not JSON' });
  const answers = await Promise.all(Array.from({ length: 121 }, send));
  expect(answers.map(({ status }) => status).filter((status) => status !== 400)).toEqual([429]);
});

test('a long answer comes in pieces, and is the same', async () => {
  const admin = await started.token('Admin');
  const routes = Array.from({ length: 300 }, (_, index) => ({ ...testRoute, name: `r${index}` }));
  const apply = '/api/v1/gateway/configuration/apply';
  const applied = await started.send('POST', apply, { token: admin, body: { configuration: { routes } } });
  expect(((await applied.json()) as { changes: unknown[] }).changes).toHaveLength(300);
  for (let round = 0; round < 3; round++) {
    const answer = await started.send('GET', '/api/v1/gateway/configuration', { token: admin });
    expect(answer.headers.get('content-type')).toContain('application/json');
    const { configuration } = (await answer.json()) as { configuration: { routes: { name: string }[] } };
    expect(configuration.routes.map(({ name }) => name)).toEqual(routes.map(({ name }) => name).toSorted());
  }
});
