import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { startRedis } from '../../packages/service/src/redis/testing/start-redis.ts';
import { quick } from '../delivery/settings.ts';
import { startDelivery } from '../delivery/start-delivery.ts';
import type { Delivery } from '../delivery/start-delivery.ts';
import { createCertificateMaker, freePort, longWindow, startHttpBackend, startLoad } from '../kit/index.ts';
import type { HttpBackend, Load } from '../kit/index.ts';

/** A gateway with its control plane, in which everything that dashboards show has happened or happens. */
export interface MonitoredGateway {
  readonly proxyPort: number;
  readonly managementPort: number;
  /** Resolves when the node runs another configuration. */
  changeConfiguration(): Promise<void>;
  close(): Promise<void>;
}

/** Starts it; when this resolves, deployments have ended and one goes on, and there is traffic of every kind. */
export async function startMonitoredGateway(): Promise<MonitoredGateway> {
  const [redis, backend] = await Promise.all([startRedis(), startSeveralBackends()]);
  const certificates = createCertificateMaker();
  const tlsPort = await freePort();
  const certificate = certificates.issue(certificates.authority('Test'), 'server', ['localhost']);
  const delivery = await startDelivery({
    redis: { url: redis.url, prefix: 'e2e:' },
    tracing: { otlpUrl: backend.url, sampleRate: 0.1 },
    proxy: { tls: { port: tlsPort, certificates: [certificate] } },
  });
  const { proxyPort, managementPort } = delivery.process;
  const key = await addRoutes(delivery, backend);
  await delivery.addRoutes('completed', 'spoiled', 'canary');
  await delivery.whenConverged();
  const load = startTraffic(proxyPort, key);
  const socket = await openWebSocket(proxyPort);
  await askByTls(tlsPort);
  await deploy(delivery);
  return {
    proxyPort,
    managementPort,
    async changeConfiguration() {
      await delivery.addRoutes('later');
      await delivery.whenConverged();
    },
    async close() {
      await load.stop();
      socket.destroy();
      await delivery.close();
      await Promise.all([redis.stop(), backend.close()]);
      certificates.remove();
    },
  };
}

/** Answers by the path: well, badly, with a redirect, with a WebSocket, as a collector, and with the key set of an issuer. */
async function startSeveralBackends(): Promise<HttpBackend> {
  const backend = await startHttpBackend('several');
  const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const keySet = JSON.stringify({ keys: [{ ...publicKey.export({ format: 'jwk' }), kid: 'one', alg: 'ES256' }] });
  backend.answer = (request, response) => {
    const path = request.url ?? '';
    request.resume();
    if (path.startsWith('/v1/')) response.writeHead(200, { 'content-type': 'application/x-protobuf' }).end();
    else if (path.startsWith('/broken')) response.writeHead(500).end();
    else if (path.startsWith('/shop/moved')) response.writeHead(302, { location: '/shop/' }).end();
    else if (path.startsWith('/keys')) response.writeHead(200, { 'content-type': 'application/json' }).end(keySet);
    else response.end('fine');
  };
  backend.server.on('upgrade', (_request, socket: Socket) => {
    socket.on('error', () => socket.destroy()).on('end', () => socket.end());
    socket.resume();
    socket.write('HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n');
  });
  return backend;
}

/** Makes the routes, and a consumer; resolves with its key. */
async function addRoutes({ api }: Delivery, { url }: HttpBackend): Promise<string> {
  const limit = { type: 'FixedWindow', window: longWindow() };
  const add = async (name: string, settings: object): Promise<void> => {
    const route = { name, pathPattern: `/${name}/**`, backends: [{ name: 'several', url }], ...settings };
    await api.acknowledged('POST', '/gateway/routes', route);
  };
  await add('shop', {
    authentication: { methods: [{ type: 'apiKey', header: 'X-API-Key' }], anonymous: true },
    adaptiveConcurrency: {},
    circuitBreaker: {},
    rateLimit: {
      ...limit,
      requests: 10_000_000,
      keyBy: 'Consumer',
      perTier: { gold: { requests: 3 } },
      dailyQuota: 1_000_000,
    },
  });
  await add('counted', {});
  await add('socket', {});
  await add('quota', { rateLimit: { ...limit, requests: 10_000_000, keyBy: 'Route', dailyQuota: 3 } });
  await add('limited', { rateLimit: { ...limit, requests: 3, keyBy: 'Route', scope: 'global' } });
  await add('broken', {
    circuitBreaker: { failureThreshold: 2, timeout: '1h' },
    ejection: { consecutiveFailures: 0 },
    retryPolicy: { maxAttempts: 2 },
  });
  const jwt = { type: 'jwt', jwksUrl: `${url}/keys`, algorithms: ['ES256'] };
  const external = { type: 'external', url: `${url}/allowed` };
  await add('tokens', { authentication: { methods: [jwt] } });
  await add('asked', { authentication: { methods: [external] } });
  await api.acknowledged('POST', '/gateway/consumers', { consumerId: 'shop', name: 'The shop', tier: 'gold' });
  const { body } = await api.acknowledged('POST', '/gateway/consumers/shop/keys', {});
  return (JSON.parse(body) as { key: string }).key;
}

/** Requests of every kind, over and over. */
function startTraffic(port: number, key: string): Load {
  const requests = [
    { path: '/shop/', headers: { 'x-api-key': key } },
    { path: '/shop/moved' },
    { path: '/shop/', method: 'POST', body: 'an order' },
    { path: '/limited/' },
    { path: '/quota/' },
    { path: '/broken/' },
    { path: '/tokens/', headers: { authorization: 'Bearer not-a-token' } },
    { path: '/asked/' },
    { path: '/nowhere/' },
    { path: '/completed/' },
    { path: '/spoiled/' },
    { path: '/canary/' },
    { path: '/canary/' },
  ];
  return startLoad({
    port,
    connections: 4,
    rate: 150,
    request: (index) => requests[index % requests.length],
    judge: () => undefined,
  });
}

/** The certificate is not looked at: handshakes are counted, whoever trusts them. */
async function askByTls(port: number): Promise<void> {
  const socket = connectTls({ port, host: '127.0.0.1', servername: 'localhost', rejectUnauthorized: false });
  await once(socket, 'secureConnect');
  socket.destroy();
}

async function openWebSocket(port: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1');
  const key = 'sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==';
  socket.write(`GET /socket/ HTTP/1.1\r\nhost: a\r\nconnection: upgrade\r\nupgrade: websocket\r\n${key}\r\n\r\n`);
  const [answer] = (await once(socket, 'data')) as [Buffer];
  socket.on('error', () => socket.destroy());
  if (!answer.toString().startsWith('HTTP/1.1 101')) throw new Error(`no WebSocket: ${answer.toString()}`);
  return socket;
}

/** One deployment is completed, one is rolled back because its candidate fails, and one goes on. */
async function deploy(delivery: Delivery): Promise<void> {
  const analysis = { ...quick, minRequests: 5 };
  const { deploymentId: completed } = await delivery.deploy('completed', {
    phases: [50, 100].map((trafficPercentage) => ({ trafficPercentage, duration: '300ms' })),
    analysis,
  });
  delivery.backends.fail('spoiled', 1);
  const half = [{ trafficPercentage: 50, duration: '1h' }];
  const { deploymentId: spoiled } = await delivery.deploy('spoiled', { phases: half, analysis });
  const statuses = [await delivery.whenEnded(completed), await delivery.whenEnded(spoiled)].map(({ status }) => status);
  if (statuses.join(' ') !== 'Completed RolledBack') throw new Error(`the deployments ended ${statuses.join(' and ')}`);
  delivery.backends.fail('canary', 0.1);
  const { deploymentId } = await delivery.deploy('canary', {
    phases: half,
    analysis: { ...analysis, dryRun: ['latency', 'errors'] },
  });
  await delivery.whenItIs(deploymentId, 'judged', ({ metrics }) => (metrics?.totalRequests ?? 0) > 20);
}
