/**
 * Secrets are planted wherever a request or a configuration may have them, and are searched for in all that leaves the process. What a
 * backend gets is not searched, since most of it is meant for it.
 */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { GatewayConfigInput } from '@sluice/model';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  ask,
  freePort,
  ManagementApi,
  runSluice,
  spawnSluice,
  startHttpBackend,
  startSluice,
  until,
} from '../kit/index.ts';
import type { HttpBackend, Sluice } from '../kit/index.ts';
import { startInProcess } from '../kit/start-in-process.ts';
import { createConfigFolder } from '../kit/config-folder.ts';
import { startCollector } from './collector.ts';
import type { Collector } from './collector.ts';
import { planted, secretOf } from './plant.ts';
import { explainSecrets, routesWith, sendSecrets, sendToApi, visible } from './send-secrets.ts';
import { spellingIn } from './spellings.ts';

/** What leaves a process, by its name. */
const left = new Map<string, string>();

/** Names that only this configuration hides. */
const redact = ['X-Customer', 'email'];

const headers = ['proxy-authorization', 'cookie', 'x-api-key', 'x-customer', 'referer'];
const shownHeaders = headers.map((name) => `\${header:${name}}`).join(' ');
const formats = [
  ['an access log in the common format', { format: 'common', query: true }],
  ['an access log in the combined format', { format: 'combined', query: true }],
  [
    'an access log with a template',
    {
      template: `auth=\${header:authorization} agent=\${header:user-agent} ${shownHeaders} \${target} \${query} \${reason}`,
    },
  ],
] as const;

let backend: HttpBackend;
let collector: Collector;
let hook: Collector;
let sluice: Sluice | undefined;

beforeAll(async () => {
  backend = await startHttpBackend('one');
  backend.answer = (request, response) => {
    request.resume();
    response.setHeader('set-cookie', `session=${secretOf('a header of a response')}`);
    response.end('answered');
  };
  [collector, hook] = [await startCollector(), await startCollector()];
  const closedPort = await freePort();
  await Promise.all([collectFromWhole(closedPort), collectFormats(closedPort), collectFromFailing(closedPort)]);
});
afterAll(async () => {
  await sluice?.stop();
  await Promise.all([backend.close(), collector.close(), hook.close()]);
});

test.each(planted)('$place is nowhere in what leaves', ({ secret }) => {
  const found = [...left].flatMap(([name, text]) => {
    const spelling = spellingIn(text, secret);
    if (spelling === undefined) return [];
    const at = text.toLowerCase().indexOf(secret.toLowerCase());
    return [`${name}, ${spelling}: …${text.slice(Math.max(0, at - 200), at + 80)}`];
  });
  expect(found).toEqual([]);
});

test.each([
  ['the log, with an access log of JSON', `"path":"/open/${visible};jsessionid=[hidden]/[hidden]"`],
  ['the log, with an access log of JSON', '"level":"debug"'],
  [
    'an access log in the common format',
    `"POST /open/${visible};jsessionid=[hidden]/[hidden]?at=${visible}&access_token=[hidden]&`,
  ],
  ['an access log in the combined format', `"${visible}"`],
  ['an access log with a template', `auth=[hidden] agent=${visible}`],
  ['traces and metrics by OTLP', 'http.request.method'],
  ['traces and metrics by OTLP', 'api_gateway_requests'],
  ['the metrics', 'route="away"'],
  ['the metrics as OpenMetrics', '# EOF'],
  ['answers of the proxy', 'UNAUTHORIZED'],
  ['answers of the API', 'VALIDATION_ERROR'],
  ['what the API shows', '"routes"'],
  ['explanations', 'route'],
  ['events of a deployment', 'event:'],
  ['notices', 'deployment'],
  ['health', '"dependencies"'],
  ['health without store and Redis', '"name":"store","status":"unhealthy"'],
  ['the log without store and Redis', 'store'],
  ['doctor', '"findings"'],
])('%s was searched, and has what it should have', (name, text) => {
  expect(left.get(name)).toContain(text);
});

/** A process that does all there is, with a Redis that is away. */
async function collectFromWhole(closedPort: number): Promise<void> {
  const password = secretOf('access.adminPassword');
  const config: GatewayConfigInput = {
    store: { url: 'memory:' },
    redis: { url: `redis://:${secretOf('the URL of Redis')}@127.0.0.1:${closedPort}` },
    tracing: {
      otlpUrl: collector.url,
      sampleRate: 1,
      headers: { Authorization: `Bearer ${secretOf('a header of tracing')}` },
    },
    metrics: { otlpUrl: collector.url },
    access: { adminPassword: password, limitFactor: 0 },
    node: { joinToken: secretOf('node.joinToken') },
    proxy: { workers: 1, accessLog: { sample: 1, query: true } },
    logging: { level: 'debug', redact },
    deployments: {
      webhooks: [
        {
          url: `${hook.url}/?token=${secretOf('the query of a webhook')}`,
          secret: secretOf('the secret of a webhook'),
        },
      ],
      grafana: { url: `http://127.0.0.1:${closedPort}`, token: secretOf('the token of Grafana') },
      prometheus: { url: `http://127.0.0.1:${closedPort}`, bearerToken: secretOf('the token of Prometheus') },
    },
  };
  sluice = await startSluice(config);
  const { managementPort } = sluice;
  const api = new ManagementApi({ controls: [sluice], password });
  for (const route of routesWith(backend, closedPort)) await api.acknowledged('POST', '/gateway/routes', route);
  const changed = {
    name: 'open',
    pathPattern: '/open/**',
    version: '2.0',
    backends: [{ name: 'one', url: backend.url }],
  };
  const created = await api.acknowledged('POST', '/gateway/deployments', {
    routeId: 'open',
    configVersion: '2.0',
    strategy: 'Direct',
    reason: visible,
    route: changed,
  });
  const { deploymentId } = JSON.parse(created.body) as { readonly deploymentId: string };
  const deployment = `/gateway/deployments/${deploymentId}`;
  left.set('answers of the proxy', (await sendSecrets(sluice)).join('\n'));
  await sluice.counted();
  left.set('answers of the API', (await sendToApi(api, managementPort)).join('\n'));
  left.set('explanations', await explainSecrets(api));
  const isOver = async (): Promise<boolean> => (await api.request('GET', deployment)).body.includes('"Completed"');
  await until('the deployment to be over', isOver);
  left.set('what the API shows', await readAll(api));
  left.set('events of a deployment', (await api.request('GET', `${deployment}/events`)).body);
  left.set('health', (await ask(managementPort, '/health')).body);
  left.set('the metrics', (await ask(managementPort, '/metrics')).body);
  const accept = 'application/openmetrics-text';
  left.set('the metrics as OpenMetrics', (await ask(managementPort, '/metrics', { headers: { accept } })).body);
  await until('the notice', () => hook.received().includes(deploymentId));
  await sluice.stop();
  left.set('the log, with an access log of JSON', sluice.output);
  left.set('traces and metrics by OTLP', collector.received());
  left.set('notices', hook.received());
}

/** Gateways that write their access logs in other ways. */
async function collectFormats(closedPort: number): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-redaction-'));
  for (const [name, format] of formats) {
    const file = join(folder, name);
    const gateway = await startInProcess({
      proxy: { workers: 1, accessLog: { sample: 1, file, ...format } },
      logging: { redact },
      routes: [...routesWith(backend, closedPort)],
    });
    await sendSecrets(gateway);
    await gateway.close();
    left.set(name, await readFile(file, 'utf8'));
  }
  await rm(folder, { recursive: true });
}

/** A control process that reaches nothing. */
async function collectFromFailing(closedPort: number): Promise<void> {
  const folder = await createConfigFolder('redaction', {
    role: 'control',
    store: { url: `postgres://u:${secretOf('the URL of the store')}@127.0.0.1:${closedPort}/sluice` },
    redis: { url: `redis://:${secretOf('the URL of Redis')}@127.0.0.1:${closedPort}` },
  });
  const failing = spawnSluice(['start', '--config', folder.file], { cwd: folder.path });
  await failing.written('"running"');
  left.set('health without store and Redis', (await ask(folder.managementPort, '/health')).body);
  await failing.stop();
  left.set('the log without store and Redis', failing.output);
  const { stdout, stderr } = await runSluice(['doctor', '--json', folder.file], { cwd: folder.path });
  left.set('doctor', stdout + stderr);
  await folder.remove();
}

/** Everything that a user of the API may read. */
async function readAll(api: ManagementApi): Promise<string> {
  const paths = ['routes', 'backends', 'deployments', 'revisions', 'revisions/1', 'revisions/1/diff?to=2', 'nodes'];
  const more = ['audit-logs?limit=100', 'configuration', 'metrics', 'health', 'delivery', 'backends/away~gone/health'];
  const answers = [];
  for (const path of [...paths, ...more, 'routes/away', 'routes/asked', 'routes/away/versions']) {
    const { status, body } = await api.request('GET', `/gateway/${path}`);
    expect([path, status]).toEqual([path, 200]);
    answers.push(body);
  }
  return answers.join('\n');
}
