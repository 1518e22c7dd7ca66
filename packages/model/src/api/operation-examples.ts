import type { GatewayConfigInput } from '../config/gateway-config.ts';
import type { OperationId } from './operations.ts';

/** What somebody sends to an operation. An operation that takes nothing shows what it answers. */
export interface OperationExample {
  readonly params?: Readonly<Record<string, string | number>>;
  readonly query?: Readonly<Record<string, string | number | boolean>>;
  readonly body?: unknown;
  readonly answer?: unknown;
}

const page = { query: { limit: 20, offset: 0 } };
const hello = { params: { routeId: 'hello' } };
const pool = { params: { backendId: 'pool' } };
const helloBackend = { params: { backendId: 'hello~a' } };
const deployment = { params: { deploymentId: 'hello-x4k2pd' } };
const revision = { params: { revision: 1 } };
const olga = { params: { username: 'olga' } };
const apiKey = { params: { apiKeyId: '01979f60-5d3e-7c11-9a52-6f0f6d6f3b1a' } };
const shop = { params: { consumerId: 'shop' } };
const node = { params: { nodeId: 'node-1' } };

const route: NonNullable<GatewayConfigInput['routes']>[number] = {
  name: 'hello',
  pathPattern: '/hello/**',
  backends: [{ name: 'a', url: 'http://127.0.0.1:9001' }],
};
const nextRoute = { ...route, version: '2.0', backends: [{ name: 'a', url: 'http://127.0.0.1:9002' }] };
const configuration = { routes: [route], backends: [{ name: 'pool', url: 'http://127.0.0.1:9003' }] };
const at = '2026-06-01T12:00:00.000Z';
const later = '2099-12-31T00:00:00Z';

/** An example of each operation. Those that change something can be sent in a row: each finds what it needs. */
export const operationExamples: Readonly<Record<OperationId, OperationExample>> = {
  login: { body: { username: 'admin', password: 'correct horse battery staple' } },
  refresh: { body: { refreshToken: 'the refreshToken of the last login or refresh' } },
  logout: {},
  me: { answer: { kind: 'user', username: 'admin', role: 'Admin', mustChangePassword: false } },
  changePassword: {
    body: { currentPassword: 'correct horse battery staple', newPassword: 'another long enough password' },
  },
  oidcLogin: { query: { returnTo: '/swagger/' } },
  oidcCallback: { query: { state: 'the state that the provider was sent', code: 'the code of the provider' } },
  oidcToken: { body: { code: 'the code that the browser came back with' } },

  listRoutes: page,
  createRoute: { query: { reason: 'the first route' }, body: route },
  getRoute: hello,
  updateRoute: { ...hello, body: { timeoutSeconds: 10 } },
  deleteRoute: hello,
  listRouteVersions: { ...hello, ...page },
  createRouteVersion: { ...hello, body: { configVersion: '2.0', route: nextRoute, reason: 'answers faster' } },

  listBackends: { query: { healthStatus: 'Unhealthy', limit: 20 } },
  createBackend: { body: { name: 'pool', url: 'http://127.0.0.1:9003', weight: 50 } },
  getBackend: pool,
  updateBackend: { ...pool, body: { isEnabled: false } },
  deleteBackend: pool,
  getBackendHealth: helloBackend,
  checkHealth: { body: { backendIds: ['hello~a'] } },

  listDeployments: { query: { routeId: 'hello', limit: 20 } },
  createDeployment: {
    body: {
      routeId: 'hello',
      configVersion: '2.0',
      strategy: 'Canary',
      reason: 'answers faster',
      phases: [{ trafficPercentage: 1, duration: '1m' }, { trafficPercentage: 50 }, { trafficPercentage: 100 }],
    },
  },
  getDeployment: deployment,
  getDeploymentMetrics: deployment,
  watchDeployment: deployment,
  approveDeployment: { ...deployment, body: { reason: 'looks good' } },
  rejectDeployment: { ...deployment, body: { reason: 'not before the holidays' } },
  promoteDeployment: { ...deployment, body: { targetPercentage: 50 } },
  pauseDeployment: { ...deployment, body: { reason: 'wait for the evening' } },
  resumeDeployment: deployment,
  rollbackDeployment: { ...deployment, body: { reason: 'the prices are wrong' } },

  getDelivery: { query: { days: 30 } },
  getDeliveryLine: { answer: { stopped: false } },
  setDeliveryLine: { body: { stopped: true, reason: 'the payment provider is down' } },

  listRevisions: page,
  getRevision: revision,
  diffRevisions: { ...revision, query: { to: 2 } },
  restoreRevision: { ...revision, body: { reason: 'back to what worked' } },
  exportConfiguration: { answer: { revision: 1, owner: 'api', configuration } },
  applyConfiguration: { body: { configuration, prune: false } },
  confirmConfiguration: { body: { reason: 'restored from the backup of last night' } },
  diffConfiguration: { body: { configuration, prune: true } },

  getLogLevel: { answer: { level: 'info', configured: 'info' } },
  setLogLevel: { body: { level: 'debug', for: '10m' } },
  resetLogLevel: { answer: { level: 'info', configured: 'info' } },

  listNodes: { query: { live: true, limit: 20 } },
  nodeChanges: { ...node, query: { since: 0, wait: 0 } },
  nodeConsumers: { ...node, query: { since: 0, wait: 0 } },
  nodeConsumerPage: node,
  nodeReport: {
    ...node,
    body: {
      nodeId: 'node-1',
      instanceId: 'b9c1',
      sequence: 1,
      name: 'node-1',
      version: '0.1.0',
      role: 'gateway',
      startedAt: at,
      at,
      state: 'serving',
      source: 'control',
      revision: 1,
      load: { requestsPerSecond: 12.5, activeRequests: 1, activeConnections: 3, cpu: 0.02, memoryBytes: 90_000_000 },
      unhealthy: [],
      routes: [{ routeId: 'hello', requests: 100, failures: 0, p50: 1.2, p95: 3.4, p99: 5.6 }],
    },
  },
  getHealth: {
    answer: {
      status: 'healthy',
      ready: true,
      version: '0.1.0',
      revision: 1,
      store: 'up',
      dependencies: [{ name: 'store', status: 'healthy', response_time_ms: 1.42, ageSeconds: 0.8 }],
      routesConfigured: 1,
      backendsTotal: 1,
      backendsHealthy: 1,
      activeConnections: 3,
      timestamp: at,
    },
  },
  getMetrics: {
    answer: {
      timestamp: at,
      revision: 1,
      converged: true,
      nodes: { live: 1, total: 1, withoutRedis: 0 },
      configuration: { routes: 1, backends: 1 },
      load: { requestsPerSecond: 12.5, activeRequests: 1, activeConnections: 3, cpu: 0.02, memoryBytes: 90_000_000 },
      latency: { p50: 1.2, p95: 3.4, p99: 5.6 },
      circuitBreakers: { closed: 1, halfOpen: 0, open: 0, tripped: [] },
      backends: {
        total: 1,
        healthy: 1,
        unhealthy: 0,
        draining: 0,
        unknown: 0,
        busiest: [{ backendId: 'hello~a', healthStatus: 'Healthy', requests: 100, failures: 0, activeRequests: 1 }],
      },
      requests: 100,
      failures: 0,
    },
  },

  explainRequest: {
    body: {
      method: 'GET',
      url: 'http://shop.example/hello/7',
      headers: [{ name: 'Accept', value: 'application/json' }],
    },
  },

  getTraffic: {
    query: { limit: 20 },
    answer: {
      timestamp: at,
      revision: 1,
      nodes: 1,
      load: { requestsPerSecond: 12.5, activeRequests: 1, activeConnections: 3, cpu: 0.02, memoryBytes: 90_000_000 },
      latency: { p50: 1.2, p95: 3.4, p99: 5.6 },
      routes: [{ routeId: 'hello', requestsPerSecond: 12.5, failuresPerSecond: 0, p50: 1.2, p95: 3.4, p99: 5.6 }],
      backends: [
        {
          backendId: 'hello~a',
          requestsPerSecond: 12.5,
          failuresPerSecond: 0,
          activeRequests: 1,
          healthStatus: 'Healthy',
        },
      ],
    },
  },
  followRequests: { query: { route: 'hello', status: '5xx' } },

  listAuditLogs: { query: { entityType: 'route', entityId: 'hello', limit: 20 } },
  listUsers: { query: { role: 'Operator', limit: 20 } },
  createUser: { body: { username: 'olga', password: 'a password of her own', role: 'Operator' } },
  getUser: olga,
  updateUser: { ...olga, body: { role: 'Viewer' } },
  deleteUser: olga,
  listSessions: olga,
  deleteSession: { params: { ...olga.params, sessionId: '21e349d698207967' } },
  listApiKeys: page,
  createApiKey: { body: { name: 'ci', role: 'Admin', scopes: ['routes:write'], expiresAt: later } },
  getApiKey: apiKey,
  deleteApiKey: apiKey,

  listConsumers: { query: { tier: 'gold', limit: 20 } },
  createConsumer: {
    body: { consumerId: 'shop', name: 'Shop', organization: 'Example Ltd', tier: 'gold', scopes: ['orders:read'] },
  },
  getConsumer: shop,
  updateConsumer: { ...shop, body: { tier: 'silver' } },
  deleteConsumer: shop,
  listConsumerKeys: shop,
  createConsumerKey: { ...shop, body: { name: 'the shop front', expiresAt: later } },
  deleteConsumerKey: { params: { ...shop.params, keyId: '01979f60-5d3e-7c11-9a52-6f0f6d6f3b1b' } },
};
