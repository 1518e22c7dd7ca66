/** Every table that the command prints, in terminals of 80, 60 and 30 columns, and in a pipe. */
import type { AuditRecord } from '@sluice/control';
import { expect, test } from 'vitest';
import { shownEntries } from '../access/audit-query.ts';
import { noArguments } from '../command/command.ts';
import { report } from '../commands/doctor.ts';
import { keyColumns } from '../commands/key.ts';
import { userColumns } from '../commands/user.ts';
import { deploymentCells, deploymentColumns } from '../deployments/deployment-table.ts';
import { drawDifference } from '../difference/draw-difference.ts';
import { nodeTable } from '../nodes/node-table.ts';
import type { NodesAnswer } from '../nodes/read-nodes.ts';
import { drawView } from '../watch/draw-view.ts';
import { after, begun, phase, side, someDeployment, someMetrics } from '../watch/testing/some-deployment.ts';
import { firstState, withMetrics } from '../watch/watch-state.ts';
import { styleFor } from './style.ts';
import { table } from './table.ts';

function terminal(columns: number | undefined) {
  const stdout = { write: () => true, isTTY: columns !== undefined, ...(columns !== undefined && { columns }) };
  return { stdout, stderr: stdout, env: { NO_COLOR: '1' }, cwd: '/' };
}

type Terminal = ReturnType<typeof terminal>;
const styleOf = ({ stdout, env }: Terminal) => styleFor(stdout, env);
const widthOf = ({ stdout }: Terminal): number => stdout.columns ?? Number.POSITIVE_INFINITY;
const time = '2026-03-01T10:00:00.000Z';

const audit: readonly AuditRecord[] = [
  {
    at: time,
    outcome: 'done',
    user: 'ada',
    userKind: 'user',
    address: '192.168.100.17',
    eventType: 'route.updated',
    entityType: 'route',
    entityId: 'checkout-of-the-shop',
    revision: 12,
    details: { version: '1.1', reason: 'faster checkout' },
  },
  {
    at: time,
    outcome: 'refused',
    user: 'pipeline',
    userKind: 'apiKey',
    address: '10.0.0.1',
    eventType: 'deployment.approved',
  },
] as unknown as readonly AuditRecord[];

const changes = [
  { entityType: 'route', entityId: 'users', after: { pathPattern: '/users/**', backends: [{}, {}] } },
  {
    entityType: 'route',
    entityId: 'checkout',
    before: { timeoutSeconds: 30, transformations: { request: { rewritePath: '/api/v1/(.*) → /v1/$1' } } },
    after: { timeoutSeconds: 10, transformations: { request: { rewritePath: '/api/v2/(.*) → /v2/$1' } } },
  },
  { entityType: 'backend', entityId: 'checkout~old', before: { url: 'http://10.0.0.7:3000' } },
];

const node: NodesAnswer['nodes'][number] = {
  nodeId: 'gateway-eu-1',
  instanceId: 'i',
  sequence: 1,
  name: 'gateway-eu-1',
  version: '0.1.0',
  role: 'gateway',
  startedAt: time,
  at: time,
  state: 'serving',
  source: 'control',
  revision: 12,
  load: {
    requestsPerSecond: 1234.4,
    activeRequests: 7,
    activeConnections: 9,
    cpu: 1.25,
    memoryBytes: 100 * 1024 * 1024,
  },
  unhealthy: [],
  age: 1.4,
  live: true,
  acknowledged: true,
  problems: [],
};
const nodes: NodesAnswer = {
  revision: 14,
  converged: false,
  nodes: [
    node,
    { ...node, nodeId: 'gateway-eu-2', acknowledged: false, problems: ['backend b of route shop: no such file'] },
  ],
};

const findings = [
  { check: 'configuration', status: 'ok', message: 'sluice.yaml: role all, 12 routes' },
  {
    check: 'ports',
    status: 'fail',
    message: 'port 8000 is taken by another process: node 1234',
    advice: 'stop that process, or set proxy.port to another one',
  },
] as const;

const phases = [
  phase(0, 'Completed', 0, 10),
  phase(1, 'InProgress', 10),
  ...[10, 50, 100].map((share) => phase(share, 'Pending')),
];
const watched = withMetrics(
  firstState(
    someDeployment({
      phases,
      currentPhaseIndex: 1,
      waitingFor: 'Waits for more requests before it goes on.',
    }),
  ),
  someMetrics(14, {
    stable: side(12_204, 0.002),
    canary: side(1311, 0.0005),
    explanation:
      "The candidate's p99 is 12 ms over 1,311 requests, the stable version's 12 ms over 12,204: within the 50 % allowed so far, but not certainly: the odds are 40 to 1, and 250 to 1 is needed. It takes about 1,400 more requests of the candidate, about 12 min more at 2 requests/s.",
    stillOpen: { checks: ['latency'], moreRequests: 1400, moreSeconds: 700 },
  }),
);

const tables: Record<string, (context: Terminal) => string> = {
  deployments: (context) =>
    table(
      deploymentColumns,
      [
        someDeployment({ deploymentId: 'checkout-of-the-shop-4f6a1c', status: 'Paused' }),
        someDeployment({ status: 'Completed', completedAt: after(60) }),
      ].map((one) => deploymentCells(one, begun + 90_000)),
      context,
    ),
  nodes: (context) => lined(nodeTable(nodes, { style: styleOf(context), width: widthOf(context) })),
  users: (context) =>
    table(
      userColumns,
      [
        ['ada', 'Admin', 'enabled', time],
        ['grace@shop.example', 'Operator', 'disabled', 'never'],
      ],
      context,
    ),
  keys: (context) =>
    table(
      keyColumns,
      [
        ['pipeline', 'Operator', 'deployments:write,routes:read', 'ada', time, time],
        ['dashboard', 'Viewer', '*', '(root key)', 'never', 'never'],
      ],
      context,
    ),
  audit: (context) => shownEntries(audit, noArguments, context),
  diff: (context) => lined(drawDifference(changes, styleOf(context), widthOf(context))),
  watch: (context) =>
    lined(
      drawView(watched, {
        columns: Math.min(80, widthOf(context)),
        now: begun + 14_000,
        style: styleOf(context),
        isFinal: true,
      }),
    ),
  doctor: (context) => report(findings, styleOf(context), widthOf(context)),
};

function lined(lines: readonly string[]): string {
  return `${lines.join('\n')}\n`;
}

const cases = Object.keys(tables).flatMap((name) => [80, 60, 30].map((columns) => [name, columns] as const));

test.each(cases)('%s in a terminal of %i columns', async (name, columns) => {
  const text = tables[name](terminal(columns));
  for (const line of text.split('\n')) expect(line.length).toBeLessThanOrEqual(columns);
  await expect(text).toMatchFileSnapshot(`./golden/${name}-${columns}.txt`);
});

test.each(Object.keys(tables).filter((name) => name !== 'watch'))(
  '%s in a pipe: nothing is left out or broken',
  (name) => {
    const text = tables[name](terminal(undefined));
    expect(text).not.toContain('not shown');
    expect(text).toBe(tables[name](terminal(1000)).replaceAll('2026-03-01 10:00:00Z', time));
  },
);

test('watch shows the last phase in 30 columns', () => {
  expect(tables['watch'](terminal(30))).toMatch(/testers +1 % +… 100 %/);
});
