import type { GatewayConfig } from '@sluice/model';
import { parseConfig } from '@sluice/model';
import { createLogger, metricText } from '@sluice/service';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { replaceFile } from '@sluice/service/testing';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { checkFiles } from './files.ts';
import type { RefusedError } from './files.ts';
import type { Gateway } from './gateway.ts';
import { startGateway } from './start-gateway.ts';

const until = (condition: () => boolean | Promise<boolean>) => vi.waitUntil(condition, { interval: 10 });

const backend = createServer((request, response) => response.end(String(request.headers['x-mine'] ?? 'nothing')));
const define = new URL('../policy/own/define-policy.ts', import.meta.url).href;
let folder: string;
let gateway: Gateway | undefined;
let lines: string[] = [];

beforeAll(() => once(backend.listen(0, '127.0.0.1'), 'listening'));
afterAll(() => {
  backend.closeAllConnections();
  backend.close();
});
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'policies-'));
});
afterEach(async () => {
  await gateway?.close({ drainMs: 0 });
  gateway = undefined;
  rmSync(folder, { recursive: true });
});

const write = (name: string, source: string): void => replaceFile(join(folder, name), source);

/** A module in TypeScript whose policy sends `value`, or what the options say. */
const sending = (value: string): string => `
import { definePolicy } from '${define}';
interface Options { readonly suffix: string }
export default definePolicy<Options>({
  name: 'mine',
  stage: 'protect',
  options: (given) => {
    const { suffix = '' } = given as Partial<Options>;
    if (typeof suffix !== 'string') throw new Error('suffix is a text');
    return { suffix };
  },
  create: ({ suffix }) => ({
    onRequest(request) {
      if (request.path.endsWith('/broken')) throw new Error('secret of the code');
      if (request.path.endsWith('/moved')) return { status: 302, headers: [['Location', '/elsewhere']] };
      request.setHeader('X-Mine', '${value}' + suffix);
    },
  }),
});`;

function configOf(modules: Record<string, object>, { owner = 'file', node = {} } = {}): GatewayConfig {
  const url = `http://127.0.0.1:${(backend.address() as AddressInfo).port}`;
  const parsed = parseConfig({
    proxy: { port: 0, workers: 1 },
    management: { port: 0 },
    node,
    routes: Object.entries(modules).map(([name, policy]) => ({
      name,
      pathPattern: `/${name}/**`,
      policies: [policy],
      rateLimit: { type: 'SlidingWindow', requests: 1000, keyBy: 'Route', window: '24h' },
      backends: [{ name: 'b', url }],
    })),
  });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  return { ...parsed.config, routesOwner: owner as 'file' | 'api' };
}

async function start(config: GatewayConfig): Promise<Gateway> {
  lines = [];
  const log = createLogger({ output: { write: (line) => lines.push(line) }, json: true });
  gateway = await startGateway({ config, log, version: '1.2.3' });
  return gateway;
}

const ask = (path: string) =>
  fetch(`http://127.0.0.1:${gateway?.addresses.proxy?.port}/${path}`, { redirect: 'manual' });
const answerOf = async (path: string): Promise<string> => (await ask(path)).text();
const problemsOf = async (refused: Promise<unknown>) =>
  ((await refused.catch((error: unknown) => error)) as RefusedError).problems;

test('a module in TypeScript runs as it is, follows its file, and harms only the request that it fails', async () => {
  write('mine.ts', sending('one'));
  const module = join(folder, 'mine.ts');
  const running = await start(configOf({ a: { module, options: { suffix: '!' } } }));
  expect(await answerOf('a/x')).toBe('one!');
  const answer = await ask('a/broken');
  expect(answer.status).toBe(500);
  expect((await ask('a/broken')).status).toBe(500);
  expect(await answerOf('a/x')).toBe('one!');
  // Both answers say how the limits stand, though the policy runs before these.
  for (const path of ['a/broken', 'a/moved'])
    expect((await ask(path)).headers.get('RateLimit')).toMatch(/^"requests";r=998;t=\d+$/);
  const counted = `api_gateway_policy_outcomes_total{route="a",policy="${module}",outcome="failed"} 3`;
  expect(metricText(running.status)).toContain(counted);
  // Logged once, not by each request.
  const failures = lines.filter((line) => line.includes('a policy of your own failed'));
  expect(failures).toEqual([expect.stringContaining(answer.headers.get('x-request-id') ?? 'no id')]);

  write('mine.ts', sending('two'));
  await until(async () => (await answerOf('a/x')) === 'two!');
  write('mine.ts', 'this is no module');
  await until(() => lines.some((line) => line.includes('policy of your own failed') && line.includes('mine.ts')));
  expect(await answerOf('a/x')).toBe('two!');
  write('mine.ts', sending('three'));
  await until(async () => (await answerOf('a/x')) === 'three!');

  await running.apply(configOf({ a: { module, options: { suffix: '?' } } }));
  expect(await answerOf('a/x')).toBe('three?');
  // The counts stay when the route is gone.
  await running.apply(configOf({}));
  expect(metricText(running.status)).toContain(counted);
});

test('a file that names a module which cannot be used is refused with its place, and what was live stays', async () => {
  write(
    'mine.js',
    sending('good')
      .replace('<Options>', '')
      .replace(/interface.*\n/, '')
      .replace(' as Partial<Options>', ''),
  );
  const good = { module: join(folder, 'mine.js') };
  const running = await start(configOf({ a: good }));
  write('syntax.ts', 'export default {{');
  write('other.ts', 'export default { name: "a", stage: "limit", create: () => ({}) }');
  write(
    'stage.ts',
    `import { definePolicy } from '${define}'; export default definePolicy({ name: 'a', stage: 'late', create: () => ({}) } as never);`,
  );
  write('exits.ts', 'process.exit(0);');
  const faults: [object, string][] = [
    [{ module: join(folder, 'missing.ts') }, 'missing.ts cannot be read (ENOENT)'],
    [{ module: join(folder, 'syntax.ts') }, 'syntax.ts cannot be used: '],
    [{ module: join(folder, 'other.ts') }, 'its default export was not made with definePolicy'],
    [{ module: join(folder, 'stage.ts') }, 'its stage is none of protect, authenticate'],
    [{ module: join(folder, 'exits.ts') }, 'its code ends the process'],
    [{ ...good, options: { suffix: 7 } }, 'suffix is a text'],
  ];
  for (const [policy, message] of faults) {
    const config = configOf({ a: good, b: policy });
    const [problem, ...others] = await problemsOf(running.apply(config));
    expect(problem?.path).toEqual(['routes', 1, 'policies', 0, 'module']);
    expect(problem?.message).toContain(message);
    expect(others).toEqual([]);
  }
  expect(await checkFiles(configOf({ a: good, b: faults[0][0] }))).toHaveLength(1);
  expect([running.revision, await answerOf('a/x')]).toEqual([1, 'good']);
});

test('over the API only a name in node.policiesFolder runs; without the folder nothing does, and the route is out of service', async () => {
  write('mine.ts', sending('mine'));
  const path = join(folder, 'mine.ts');
  const running = await start(configOf({ byName: { module: 'mine.ts' }, byPath: { module: path } }, { owner: 'api' }));
  expect([(await ask('byName/x')).status, (await ask('byPath/x')).status]).toEqual([503, 503]);
  expect(running.status.faults().map(({ routeId }) => routeId)).toEqual(['byName', 'byPath']);
  await running.close({ drainMs: 0 });
  const node = { policiesFolder: folder };
  const allowed = { byName: { module: 'mine.ts' }, byPath: { module: path }, up: { module: '../mine.ts' } };
  await start(configOf(allowed, { owner: 'api', node }));
  expect(await answerOf('byName/x')).toBe('mine');
  expect([(await ask('byPath/x')).status, (await ask('up/x')).status]).toEqual([503, 503]);
});
