import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Client } from '../client/index.ts';
import { verdictOf } from '../deployment/testing/parts.ts';
import { startApi, testRoute } from './testing/start-api.ts';
import type { StartedApi } from './testing/start-api.ts';

let started: StartedApi;
let admin: Client;
let operator: Client;
const next = { ...testRoute, version: '2.0', backends: [{ name: 'one', url: 'http://10.0.0.2:80' }] };

beforeEach(async () => {
  started = await startApi();
  admin = await started.client('Admin');
  operator = await started.client('Operator');
  await admin.createRoute({ body: testRoute });
});
afterEach(() => started.close());

const deploy = () => operator.createDeployment({ body: { routeId: 'a', route: next, reason: 'faster' } });
const params = (deploymentId: string) => ({ params: { deploymentId } });

test('a deployment is created by an operator, listed, read and watched in its figures', async () => {
  const made = await deploy();
  expect(made).toMatchObject({
    routeId: 'a',
    configVersion: '2.0',
    routes: [{ routeId: 'a', configVersion: '2.0', stableVersion: '1.0' }],
    strategy: 'Canary',
    status: 'InProgress',
    approvalStatus: 'NotRequired',
    currentPhaseIndex: 0,
    trafficSplit: { stablePercentage: 90, canaryPercentage: 10 },
    metrics: null,
    createdBy: 'operator',
    reason: 'faster',
    isPlain: false,
    analysis: { interval: '1s', minRequests: 100, errorRateIncrease: 0.05, p99IncreasePercent: 50, maxWait: '5m' },
  });
  expect(made.phases.map(({ trafficPercentage, duration }) => [trafficPercentage, duration])).toEqual([
    [10, '5m'],
    [50, '5m'],
    [100, '5m'],
  ]);
  const { deploymentId } = made;
  const { deployments, total } = await admin.listDeployments({ query: { status: 'InProgress', routeId: 'a' } });
  expect([deployments, total]).toEqual([[made], 1]);
  expect(deployments[0].routes[0]).not.toHaveProperty('candidate');
  const whole = await admin.getDeployment(params(deploymentId));
  expect(whole.routes).toMatchObject([{ candidate: { version: '2.0' }, stable: { version: '1.0' } }]);
  expect(whole.routes[0].stable).not.toHaveProperty('split');
  expect(await admin.getDeploymentMetrics(params(deploymentId))).toEqual({
    deploymentId,
    status: 'InProgress',
    currentPhase: '10 %',
    currentPhaseIndex: 0,
    trafficSplit: { stablePercentage: 90, canaryPercentage: 10 },
    metrics: null,
  });
});

test('the figures of this moment are compared in the latest window and since the phase began', async () => {
  const { deploymentId } = await deploy();
  const figures = verdictOf('rollBack', 'too many failures');
  const bad = { ...figures.candidate, requestCount: 100, failedRequests: 25, errorRate: 0.25, p99Latency: 40 };
  const good = { ...figures.stable, requestCount: 900, p99Latency: 10 };
  const window = { seconds: 90, candidate: bad, stable: good };
  const stillOpen = { checks: ['latency'], moreRequests: 1400, moreSeconds: 700 };
  started.deployments.setFigures(deploymentId, { ...figures, window, candidate: bad, stable: good, stillOpen });
  const { metrics } = await admin.getDeploymentMetrics(params(deploymentId));
  expect(metrics).toMatchObject({
    timeWindow: '90s',
    stable: { requestCount: 900, errorRate: 0, p99Latency: 10 },
    canary: { requestCount: 100, errorRate: 0.25, p99Latency: 40 },
    phase: { stable: { requestCount: 900 }, canary: { requestCount: 100 } },
    comparison: {
      errorRateDelta: 0.25,
      p99LatencyDelta: 30,
      shouldRollback: true,
      verdict: 'rollBack',
      explanation: 'too many failures',
      stillOpen,
    },
  });
  expect((await admin.getDeployment(params(deploymentId))).metrics).toEqual({
    baselineErrorRate: 0,
    currentErrorRate: 0.25,
    baselineP99Latency: 10,
    currentP99Latency: 40,
    totalRequests: 1000,
    failedRequests: 25,
  });
});

test('people pause, resume, promote and roll back, and nothing can be done after the end', async () => {
  const { deploymentId } = await deploy();
  const at = params(deploymentId);
  expect(await operator.pauseDeployment({ ...at, body: { reason: 'lunch' } })).toMatchObject({
    status: 'Paused',
    paused: { by: 'operator', reason: 'lunch', asks: false },
  });
  expect((await operator.resumeDeployment(at)).status).toBe('InProgress');
  const promoted = await operator.promoteDeployment({ ...at, body: { targetPercentage: 33.33 } });
  expect(promoted.trafficSplit).toEqual({ stablePercentage: 66.67, canaryPercentage: 33.33 });
  const ended = await operator.rollbackDeployment({ ...at, body: { reason: 'wrong colour' } });
  expect(ended).toMatchObject({ status: 'RolledBack', rollbackReason: 'wrong colour', endedBy: 'operator' });
  const refused = { status: 409, code: 'CONFLICT' };
  await expect(operator.promoteDeployment(at)).rejects.toMatchObject(refused);
  await expect(operator.pauseDeployment(at)).rejects.toMatchObject(refused);
  await expect(operator.resumeDeployment(at)).rejects.toMatchObject(refused);
  await expect(operator.approveDeployment(at)).rejects.toMatchObject(refused);
  await expect(operator.rejectDeployment({ ...at, body: { reason: 'no' } })).rejects.toMatchObject(refused);
  await expect(operator.rollbackDeployment({ ...at, body: { reason: 'again' } })).rejects.toMatchObject(refused);
  expect(started.configuration.route('a')?.document).toMatchObject({ version: '1.0' });
});

test('the route says what deploys it, and neither answers, history nor exports show what is for nodes alone', async () => {
  const blueGreen = {
    smoke: [{ path: '/', headers: { authorization: 'Bearer smoke-secret', 'x-tenant': 'one' } }],
  };
  const gates = [{ type: 'http' as const, name: 'shop', url: 'http://shop/health?token=gate-secret' }];
  const made = await operator.createDeployment({
    body: { routeId: 'a', route: next, configVersion: 'next', strategy: 'BlueGreen', blueGreen, gates },
  });
  const { deploymentId } = made;
  const route = await admin.getRoute({ params: { routeId: 'a' } });
  expect(route).toMatchObject({ version: '1.0', split: { deploymentId, percentage: 0, configVersion: 'next' } });
  expect((await admin.listRoutes()).routes[0].split).toEqual(route.split);
  // It comes back with changes, and means nothing there.
  await expect(admin.updateRoute({ params: { routeId: 'a' }, body: { ...route, priority: 3 } })).rejects.toMatchObject({
    status: 409,
    message: expect.stringContaining(deploymentId) as string,
  });
  const { revision } = started.configuration;
  const answers = [
    made,
    route,
    await admin.getDeployment(params(deploymentId)),
    await admin.getRevision({ params: { revision } }),
    await admin.diffRevisions({ params: { revision: 1 } }),
    await admin.exportConfiguration(),
    await admin.listAuditLogs({ query: { entityId: deploymentId } }),
  ];
  const text = JSON.stringify(answers);
  expect(text).toContain('"x-tenant":"one"');
  for (const secret of ['the-probe-token', 'smoke-secret', 'gate-secret']) expect(text).not.toContain(secret);
  expect(JSON.stringify(await admin.exportConfiguration())).not.toContain('split');
});

test('several routes are one deployment', async () => {
  await admin.createRoute({ body: { ...testRoute, name: 'b', pathPattern: '/b' } });
  await admin.createRouteVersion({
    params: { routeId: 'b' },
    body: { configVersion: 'kept', route: { ...next, name: 'b', pathPattern: '/b' } },
  });
  const made = await operator.createDeployment({
    body: {
      routes: [
        { routeId: 'a', route: next },
        { routeId: 'b', configVersion: 'kept' },
      ],
    },
  });
  expect(made.routes).toEqual([
    { routeId: 'a', configVersion: '2.0', stableVersion: '1.0' },
    { routeId: 'b', configVersion: 'kept', stableVersion: '1.0' },
  ]);
});

const guarded = { ...next, environment: 'Production' };

test('another person than the author approves; who may not is denied, and written down', async () => {
  const made = await operator.createDeployment({ body: { routeId: 'a', route: guarded } });
  const at = params(made.deploymentId);
  expect(made).toMatchObject({ status: 'AwaitingApproval', approvalStatus: 'Pending' });
  await expect(operator.approveDeployment(at)).rejects.toMatchObject({ status: 403, code: 'FORBIDDEN' });
  const { auditLogs } = await admin.listAuditLogs({ query: { eventType: 'access.denied' } });
  expect(auditLogs).toMatchObject([{ user: 'operator', outcome: 'denied' }]);
  const approved = await admin.approveDeployment({ ...at, body: { reason: 'looks right' } });
  expect(approved).toMatchObject({ approvalStatus: 'Approved', approvedBy: 'admin', approvalReason: 'looks right' });
});

test('what changed since it was asked for is shown, and is not approved unseen', async () => {
  const made = await operator.createDeployment({ body: { routeId: 'a', route: guarded } });
  const at = params(made.deploymentId);
  expect((await admin.getDeployment(at)).routes[0]).not.toHaveProperty('base');
  await admin.updateRoute({ params: { routeId: 'a' }, body: { timeoutSeconds: 9 } });
  const { routes } = await admin.getDeployment(at);
  expect(routes).toMatchObject([{ base: { timeoutSeconds: 30 }, stable: { timeoutSeconds: 9 }, candidate: guarded }]);
  const approved = admin.approveDeployment(at);
  await expect(approved).rejects.toMatchObject({
    status: 409,
    message: expect.stringContaining('by revision 2') as string,
  });
});

test('a plain change is held like a deployment, but for an emergency that says why', async () => {
  await admin.setDeliveryLine({ body: { stopped: true, reason: 'fire' } });
  const change = { params: { routeId: 'a' }, body: { priority: 5 } };
  await expect(admin.updateRoute(change)).rejects.toMatchObject({ status: 409, code: 'CONFLICT' });
  const preview = await admin.dryRun.updateRoute(change);
  expect(preview).toMatchObject({ changed: false, problems: [{ path: '' }] });
  expect(preview.problems[0].message).toContain('The line is stopped by admin: fire.');
  const silent = admin.updateRoute({ ...change, query: { emergency: true } });
  await expect(silent).rejects.toMatchObject({ status: 400, details: [{ path: 'reason' }] });
  const done = await admin.updateRoute({ ...change, query: { emergency: true, reason: 'fire' } });
  expect(done.priority).toBe(5);
  const { auditLogs } = await admin.listAuditLogs({ query: { eventType: 'configuration.emergency' } });
  expect(auditLogs).toMatchObject([
    { user: 'admin', details: { operation: 'updateRoute', reason: 'fire', changed: ['route a'] } },
  ]);
  const { deployments } = await admin.listDeployments({ query: { routeId: 'a' } });
  expect(deployments.filter(({ emergency }) => emergency)).toMatchObject([{ isPlain: true, reason: 'fire' }]);
  const empty = { configuration: { routes: [], backends: [] }, prune: true };
  await expect(admin.applyConfiguration({ body: empty })).rejects.toMatchObject({ status: 409 });
  const first = { params: { revision: 1 } };
  await expect(admin.restoreRevision(first)).rejects.toMatchObject({ status: 409 });
  await admin.restoreRevision({ ...first, body: { reason: 'fire' }, query: { emergency: true } });
  expect((await admin.getRoute({ params: { routeId: 'a' } })).priority).toBe(0);
});

test('an emergency is for admins', async () => {
  const body = { routeId: 'a', route: guarded, emergency: true, reason: 'fire' };
  await expect(operator.createDeployment({ body })).rejects.toMatchObject({ status: 403 });
  expect(await admin.createDeployment({ body })).toMatchObject({ status: 'InProgress', emergency: true });
  const { auditLogs } = await admin.listAuditLogs({ query: { eventType: 'deployment.emergency' } });
  expect(auditLogs).toMatchObject([{ user: 'admin', details: { reason: 'fire' } }]);
});

test('a dry run tells what would be, and changes nothing', async () => {
  const preview = await operator.dryRun.createDeployment({ body: { routeId: 'a', route: next } });
  expect(preview).toMatchObject({ dryRun: true, changed: true, problems: [] });
  expect(preview.changes.map(({ entityType }) => entityType)).toEqual(['deployment', 'route']);
  expect(preview.changes[1]).toMatchObject({ entityId: 'a', before: { version: '1.0' }, after: { version: '2.0' } });
  const same = await operator.dryRun.createDeployment({ body: { routeId: 'a', route: testRoute } });
  expect(same).toMatchObject({
    changed: false,
    problems: [{ message: expect.stringContaining('nothing to deploy') as string }],
  });
  const { deploymentId } = await deploy();
  const paused = await operator.dryRun.pauseDeployment(params(deploymentId));
  expect(paused.changes).toMatchObject([{ before: { status: 'InProgress' }, after: { status: 'Paused' } }]);
  const resumed = await operator.dryRun.resumeDeployment(params(deploymentId));
  expect(resumed.problems).toMatchObject([{ path: '', message: expect.stringContaining('is InProgress') as string }]);
  expect((await admin.getDeployment(params(deploymentId))).status).toBe('InProgress');
});

test('what is done is in the audit log, with the reason', async () => {
  const { deploymentId } = await deploy();
  await operator.rollbackDeployment({ ...params(deploymentId), body: { reason: 'wrong colour' } });
  const { auditLogs } = await admin.listAuditLogs({ query: { entityId: deploymentId } });
  expect(auditLogs.map(({ eventType, user, details }) => [eventType, user, details?.['reason']])).toEqual([
    ['deployment.rolledBack', 'operator', 'wrong colour'],
    ['deployment.created', 'operator', 'faster'],
  ]);
});

test('a second request with the same key makes no second deployment', async () => {
  const request = { body: { routeId: 'a', route: next }, idempotencyKey: 'deploy-it-once' };
  const first = await operator.createDeployment(request);
  expect(await operator.createDeployment(request)).toEqual(first);
  expect((await admin.listDeployments({ query: { status: 'InProgress' } })).total).toBe(1);
});

test('a plain change of a route is recorded as a deployment that is over', async () => {
  started.clock.now += 1000;
  await admin.updateRoute({ params: { routeId: 'a' }, body: { priority: 5 }, query: { reason: 'first' } });
  const { deployments } = await admin.listDeployments({ query: { routeId: 'a' } });
  expect(deployments).toMatchObject([
    { isPlain: true, strategy: 'Direct', status: 'Completed', createdBy: 'admin', reason: 'first' },
    { isPlain: true, strategy: 'Direct', status: 'Completed', createdBy: 'admin' },
  ]);
  await admin.deleteRoute({ params: { routeId: 'a' } });
  expect((await admin.listDeployments()).total).toBe(2);
});

test('the line is stopped and started again, with a trace', async () => {
  expect(await admin.getDeliveryLine()).toEqual({ stopped: false });
  const body = { stopped: true, reason: 'incident 7' };
  expect((await operator.dryRun.setDeliveryLine({ body })).changes).toMatchObject([
    { entityType: 'deliveryLine', before: { stopped: false }, after: body },
  ]);
  expect(await operator.setDeliveryLine({ body })).toMatchObject({ ...body, by: 'operator' });
  expect(await admin.getDeliveryLine()).toMatchObject({ ...body, by: 'operator' });
  expect(await deploy()).toMatchObject({
    status: 'Pending',
    waitingFor: expect.stringContaining('incident 7') as string,
  });
  await operator.setDeliveryLine({ body: { stopped: false } });
  const { auditLogs } = await admin.listAuditLogs({ query: { entityType: 'deliveryLine' } });
  expect(auditLogs.map(({ eventType }) => eventType)).toEqual(['delivery.restarted', 'delivery.stopped']);
});

const gate = { type: 'http', name: 'shop', url: 'http://shop/health?deep=1' };

test.for([
  ['nothing to deploy', {}, ['routeId', 'configVersion']],
  ['a route without a version', { routeId: 'a' }, ['configVersion']],
  ['one route and several', { routeId: 'a', routes: [{ routeId: 'a', route: next }] }, ['routeId']],
  [
    'a route twice',
    {
      routes: [
        { routeId: 'a', route: next },
        { routeId: 'a', route: next },
      ],
    },
    ['routes[1].routeId'],
  ],
  ['no routes', { routes: [] }, ['routes']],
  ['an unknown field', { routeId: 'a', route: next, phase: [] }, ['phase']],
  ['another route', { routeId: 'a', route: { ...next, routeId: 'b' } }, ['route.routeId']],
  ['a bad route', { routeId: 'a', route: { ...next, timeoutSeconds: 900 } }, ['route.timeoutSeconds']],
  ['shares that shrink', { routeId: 'a', route: next, phases: shares(50, 10) }, ['phases[1].trafficPercentage']],
  ['a share too fine', { routeId: 'a', route: next, phases: shares(0.001) }, ['phases[0].trafficPercentage']],
  [
    'a tester rule',
    { routeId: 'a', route: next, testers: [{ header: 'x', valeu: '1' }] },
    ['testers[0].value', 'testers[0].valeu'],
  ],
  [
    'both kinds of tester',
    { routeId: 'a', route: next, testers: [{ header: 'x', cookie: 'y', value: '1' }] },
    ['testers[0].cookie'],
  ],
  ['stickiness', { routeId: 'a', route: next, sticky: { by: 'cooky' } }, ['sticky.by']],
  [
    'a gate',
    { routeId: 'a', route: next, gates: [{ type: 'prometheus', name: 'p', query: 'up' }] },
    ['gates[0].above'],
  ],
  ['gates of one name', { routeId: 'a', route: next, gates: [gate, gate] }, ['gates[1].name']],
  ['a gate of another kind', { routeId: 'a', route: next, gates: [{ type: 'ping', name: 'p' }] }, ['gates[0].type']],
] as const)('%s is refused by name', async ([, body, paths]) => {
  const token = await started.token('Operator');
  const response = await started.send('POST', '/api/v1/gateway/deployments', { token, body });
  const { error } = (await response.json()) as { error: { details: { path: string }[] } };
  expect([response.status, error.details.map(({ path }) => path)]).toEqual([400, paths]);
});

function shares(...percentages: number[]) {
  return percentages.map((trafficPercentage) => ({ trafficPercentage }));
}
