import { afterEach, expect, test, vi } from 'vitest';
import type { ConsumerLookup } from '../policy/authentication/consumer-lookup.ts';
import { answerWithText, startRawBackend } from './testing/raw-backend.ts';
import type { RawBackend } from './testing/raw-backend.ts';
import { connectRawClient } from './testing/raw-client.ts';
import { startSplitGateway } from './testing/split-gateway.ts';
import type { SplitInput, VersionInput } from './testing/split-gateway.ts';

const closing: { close(): unknown }[] = [];

afterEach(async () => {
  for (const thing of closing.splice(0)) await thing.close();
});

/** Everybody has keys: `alice-1` and `alice-2` are keys of alice. */
function everybody() {
  const lookedUp: string[] = [];
  const consumers: ConsumerLookup = {
    bySubject: () => 'unknown',
    peek: () => 'unknown',
    find(key) {
      lookedUp.push(key);
      const [name] = key.split('-');
      if (name === 'nobody') return 'unknown';
      const known = { name, organization: 'acme', tier: 'gold', scopes: [], roles: [], permissions: [] };
      return { ...known, consumerId: name, keyId: key };
    },
  };
  return { lookedUp, consumers };
}

const key: NonNullable<VersionInput['authentication']> = {
  methods: [{ type: 'apiKey' }],
  forward: { subject: 'X-Who' },
};

async function started(
  stable: Partial<VersionInput>,
  candidate: Partial<VersionInput>,
  { split = {}, ...rest }: Partial<SplitInput> = {},
) {
  const [first, second] = [await backend('stable'), await backend('candidate')];
  const to = ({ url }: RawBackend, version: Partial<VersionInput>): VersionInput => ({
    backends: [{ name: 'a', url }],
    ...version,
  });
  const { lookedUp, consumers } = everybody();
  const input = { stable: to(first, stable), candidate: to(second, candidate), split, consumers, ...rest };
  const gateway = await startSplitGateway(input);
  closing.push(gateway);
  const { ask, socket } = await connectRawClient(gateway.port);
  closing.push({ close: () => socket.destroy() });
  const get = (...lines: string[]) => ask(['GET /a HTTP/1.1', 'Host: x', ...lines, '', ''].join('\r\n'));
  return { gateway, ask, get, socket, lookedUp, stable: first, candidate: second };
}

async function backend(name: string): Promise<RawBackend> {
  const raw = await startRawBackend(answerWithText(name));
  closing.push(raw);
  return raw;
}

const names = Array.from({ length: 40 }, (_, index) => `c${index}`);
const byConsumer = { sticky: { by: 'consumer' }, percentage: 50 };

test('a consumer keeps its version, whichever key it sends, and is looked up once', async () => {
  const { get, lookedUp } = await started({ authentication: key }, { authentication: key }, { split: byConsumer });
  const versions = new Set<string>();
  for (const name of names) {
    const version = await get(`X-API-Key: ${name}-1`);
    versions.add(version);
    expect(await get(`X-API-Key: ${name}-2`, 'Authorization: Bearer other')).toBe(version);
  }
  expect(versions).toEqual(new Set(['200 stable', '200 candidate']));
  expect(lookedUp).toHaveLength(2 * names.length);
});

test('a candidate with other methods asks its own', async () => {
  const candidate: Partial<VersionInput> = {
    authentication: { ...key, methods: [{ type: 'apiKey', header: 'X-Other' }] },
  };
  const { get, lookedUp } = await started({ authentication: key }, candidate, { split: byConsumer });
  const answers = await answersOf(names, (name) => get(`X-API-Key: ${name}-1`, 'X-Other: nobody'));
  expect(answers).toEqual(new Set(['200 stable', '401']));
  expect(lookedUp.filter((looked) => looked === 'nobody').length).toBeGreaterThan(0);
});

test('nobody is refused before the version is chosen: by the address then, and by the version itself', async () => {
  const stable = { authentication: key };
  const candidate = { authentication: { ...key, anonymous: true } };
  const { get } = await started(stable, candidate, { split: byConsumer });
  // One address is one caller: either always the stable version, which refuses, or always the candidate.
  const anonymous = await answersOf(names, (name) => get(`Authorization: Bearer ${name}`));
  expect([['401'], ['200 candidate']]).toContainEqual([...anonymous]);
  const bad = await answersOf(names, (name) => get('X-API-Key: nobody', `Cookie: a=${name}`));
  expect(bad).toEqual(new Set(['401']));
});

test('an address that has used up its limit is refused before its key is looked up, also where the version depends on the caller', async () => {
  const rateLimit = { type: 'FixedWindow' as const, requests: 3, window: '744h' };
  const version = { authentication: key, rateLimit };
  const { get, lookedUp } = await started(version, version, { split: byConsumer });
  const answers = [];
  for (const name of ['nobody', 'nobody', 'nobody', 'nobody', 'alice-1'])
    answers.push((await get(`X-API-Key: ${name}`)).slice(0, 3));
  expect(answers).toEqual(['401', '401', '401', '429', '429']);
  expect(lookedUp).toHaveLength(3);
});

async function answersOf(inputs: readonly string[], ask: (input: string) => Promise<string>): Promise<Set<string>> {
  const answers = new Set<string>();
  for (const input of inputs) {
    const answer = await ask(input);
    answers.add(answer.startsWith('200') ? answer : answer.slice(0, 3));
  }
  return answers;
}

test.each([
  ['has no authentication', {}],
  ['has another header for it', { authentication: { ...key, forward: { subject: 'X-Other' } } }],
])('a version that %s passes neither a forged header nor a key on', async (_name, version) => {
  const { get, stable } = await started(version, { authentication: key });
  const proxy = 'X-API-Key: alice-1';
  expect(await get(proxy, 'X-Who: admin', 'x-who: admin', 'Connection: X-Who, x-other')).toBe('200 stable');
  expect(stable.requests[0].head).not.toMatch(/admin|alice-1/);
});

test.each(['X_Who', 'x_who', 'X.Who', 'x-WHO', 'X-Who'])('a client cannot say who it is as %s', async (name) => {
  const version = { authentication: { ...key, anonymous: true } };
  const { get, stable } = await started(version, version, { proxy: { allowUnderscoreHeaders: true } });
  await get(`${name}: admin`, `${name}: root`);
  await get('X-API-Key: alice-1', `${name}: admin`, `Connection: ${name}`);
  expect(stable.requests.map(({ head }) => [...head.matchAll(/^x.who: (.*)\r$/gim)].map(([, value]) => value))).toEqual(
    [[], ['alice']],
  );
});

const chunked = (trailer: string): [head: string, rest: string] => [
  'POST /a HTTP/1.1\r\nHost: x\r\nX-API-Key: alice-1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n',
  `0\r\n${trailer}: admin\r\n\r\n`,
];

test.each(['X-Who', 'x_who', 'X.WHO'])('nor in the trailer %s, whenever that comes', async (name) => {
  const version = { authentication: key };
  const together = await started(version, version, { proxy: { allowUnderscoreHeaders: true } });
  expect(await together.ask(chunked(name).join(''))).toMatch(/^400/);
  const apart = await started(version, version);
  const [head, rest] = chunked(name);
  apart.socket.write(head);
  await vi.waitUntil(() => apart.stable.requests.length > 0 || apart.gateway.worker.state.gatewayActive() > 0);
  expect(await apart.ask(rest)).toMatch(/^400/);
  expect(JSON.stringify([...together.stable.requests, ...apart.stable.requests])).not.toContain('admin');
});

test('a WebSocket has the identity of its handshake, and neither its key nor a forged header', async () => {
  const version = { authentication: key };
  const { get, stable } = await started(version, version);
  const handshake = ['Upgrade: websocket', 'Sec-WebSocket-Version: 13', 'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA=='];
  await get('X-API-Key: alice-1', 'X-Who: admin', 'X.Who: admin', 'Connection: Upgrade, X-Who', ...handshake);
  expect(stable.requests[0].head).toMatch(/\r\nUpgrade: websocket\r\n/i);
  expect(stable.requests[0].head).toMatch(/\r\nX-Who: alice\r\n/);
  expect(stable.requests[0].head).not.toMatch(/admin|alice-1/);
});

test('a second attempt at another backend has the identity, too, and neither the key nor a forged header', async () => {
  const failing = await startRawBackend(({ socket }) =>
    socket.write('HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n'),
  );
  const good = await backend('good');
  closing.push(failing);
  const retryPolicy = { maxAttempts: 2, initialDelay: '1ms', maxDelay: '1ms', retryableStatusCodes: [503] };
  const backends = [failing, good].map(({ url }, index) => ({ name: `b${index}`, url }));
  const version: Partial<VersionInput> = { authentication: key, retryPolicy, backends };
  const { get } = await started(version, version);
  // Each backend is the first one once.
  for (let count = 0; count < 2; count++)
    expect(await get('X-API-Key: alice-1', 'X-Who: admin', 'Connection: X-Who')).toBe('200 good');
  expect(failing.requests.length).toBeGreaterThan(0);
  for (const { head } of [...failing.requests, ...good.requests]) {
    expect(head).toMatch(/\r\nX-Who: alice\r\n/);
    expect(head).not.toMatch(/admin|alice-1/);
  }
});

test('a mirrored request has the identity of the original, and neither its key nor a forged header', async () => {
  const { get, candidate } = await started(
    { authentication: { ...key, methods: [{ type: 'apiKey', query: 'key', header: 'X-API-Key' }] } },
    { authentication: { ...key, forward: { subject: 'X-Caller' } } },
    { split: { mirror: { percentage: 100 } } },
  );
  await get('X-API-Key: alice-1', 'X-Who: admin', 'X-Caller: admin');
  await vi.waitUntil(() => candidate.requests.length === 1);
  expect(candidate.requests[0].head).toMatch(/\r\nX-Caller: alice\r\n/);
  expect(candidate.requests[0].head).not.toMatch(/admin|alice-1|X-Who/i);
});

test.each(['normalised', 'raw'] as const)('a key in the query of a %s path stays with the gateway', async (path) => {
  const version: Partial<VersionInput> = { path, authentication: { methods: [{ type: 'apiKey', query: 'key' }] } };
  const { ask, stable } = await started(version, version);
  const get = (target: string) => ask(`GET ${target} HTTP/1.1\r\nHost: x\r\n\r\n`);
  expect(await get('/a%20b?x=%31&k%65y=alice-1&y')).toBe('200 stable');
  expect(await get('/a?key=alice-1')).toBe('200 stable');
  expect(stable.requests.map(({ head }) => head.split(' HTTP')[0])).toEqual(['GET /a%20b?x=%31&y', 'GET /a']);
});
