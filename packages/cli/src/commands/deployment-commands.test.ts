import type { DeploymentResource } from '@sluice/model/api';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Context } from '../command/command.ts';
import { main } from '../main.ts';
import { askingContext } from '../testing/asking-context.ts';
import { runCommand } from '../testing/run-command.ts';
import { adminPassword, startControlPlane } from '../testing/start-control-plane.ts';
import type { StartedControlPlane } from '../testing/start-control-plane.ts';

let folder: string;
let control: StartedControlPlane;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'deployment-commands-'));
  control = await startControlPlane(folder);
  await writeFile(join(folder, 'old.yaml'), routes('1.0', 1));
  await writeFile(join(folder, 'new.yaml'), routes('2.0', 2));
  await writeFile(
    join(folder, 'shop.yaml'),
    `name: shop\nversion: "3.0"\npathPattern: /shop\nbackends: [{ name: s, url: "http://10.0.0.3" }]\n`,
  );
  const guarded = 'name: shop\nversion: "3.0"\nenvironment: Production\npathPattern: /shop\n';
  await writeFile(join(folder, 'guarded.yaml'), `${guarded}backends: [{ name: s, url: "http://10.0.0.3" }]\n`);
  await writeFile(
    join(folder, 'urgent.yaml'),
    routes('1.0', 1).replace('- { name: shop,', '- { name: shop, timeoutSeconds: 5,'),
  );
  await sluice('login', 'admin');
  await sluice('apply', 'old.yaml', '--no-wait');
});
afterEach(async () => {
  await control.close();
  await rm(folder, { recursive: true });
});

function routes(version: string, host: number): string {
  const route = (name: string) =>
    `  - { name: ${name}, version: "${version}", pathPattern: /${name}, backends: [{ name: s, url: "http://10.0.0.${host}" }] }\n`;
  return `routes:\n${['shop', 'cart'].map((name) => route(name)).join('')}`;
}

const env = (): Context['env'] => ({ SLUICE_URL: control.url, SLUICE_PASSWORD: adminPassword });
const sluice = (...args: string[]) => runCommand(folder, args, env());

async function shown(...args: string[]): Promise<DeploymentResource> {
  const { stdout } = await sluice(...args, '--json');
  return JSON.parse(stdout) as DeploymentResource;
}

test('what differs is deployed together, found by its route or the beginning of its id, and rolled back', async () => {
  const deployed = await sluice('deploy', 'new.yaml', '--reason', 'a new shop');
  expect(deployed.code).toBe(0);
  expect(deployed.stdout).toContain('~ route shop\n    backends.s.url: http://10.0.0.1 → http://10.0.0.2\n');
  const id = /^ok {2}(\S+): Canary to Development; sluice watch /.exec(deployed.stderr)?.[1] ?? '';
  for (const name of [id, 'shop', 'cart', id.slice(0, -2), undefined]) {
    const found = await shown('deployments', ...(name === undefined ? [id] : [name]));
    expect(found).toMatchObject({ deploymentId: id, reason: 'a new shop', status: 'InProgress' });
    expect(found.routes.map(({ routeId }) => routeId).toSorted()).toEqual(['cart', 'shop']);
  }
  expect((await sluice('deployments')).stdout).toMatch(/1\.0 → 2\.0 and 1 more {2}Canary {4}InProgress 10 %/);
  expect((await sluice('deployments', 'cart')).stdout).toMatch(/created {6}\S+ {2}by admin: a new shop\n/);
  expect((await sluice('pause', 'shop', '--reason', 'lunch')).stderr).toBe(
    `ok  ${id}: paused, the candidate has 10 %\n`,
  );
  expect((await sluice('resume')).stderr).toBe(`ok  ${id}: in progress, the candidate has 10 %\n`);
  expect((await sluice('promote', '--to', '25.5 %')).stderr).toBe(`ok  ${id}: in progress, the candidate has 25.5 %\n`);
  expect(await sluice('rollback')).toMatchObject({ code: 2 });
  expect((await sluice('rollback', '--reason', 'enough seen')).stderr).toBe(`ok  ${id}: rolled back\n`);
  const watched = await sluice('watch', 'shop');
  expect(watched.code).toBe(4);
  expect(watched.stdout).toMatch(/^ {3}0:00 {2}Created: .+\n(?:.+\n)*.* {2}Rolled back: enough seen\n$/);
  const again = await sluice('rollback', 'shop', '--reason', 'again');
  expect(again).toMatchObject({ code: 1 });
  expect(again.stderr).toContain('has ended');
  expect((await sluice('diff', 'old.yaml')).code).toBe(0);
});

test('what is hardly meant is said before it is deployed', async () => {
  const twin = 'name: cart\nversion: "3.0"\npathPattern: /shop\nbackends: [{ name: s, url: "http://10.0.0.3" }]\n';
  await writeFile(join(folder, 'twin.yaml'), twin);
  const { stderr } = await sluice('deploy', 'twin.yaml', '--strategy', 'Direct');
  expect(stderr).toMatch(/^twin\.yaml:1:1 .*matches the same as route shop: cart gets every request/);
  expect(stderr).toMatch(/\nok {2}/);
});

test('the line is stopped with a reason, shown, and freed again', async () => {
  expect((await sluice('line')).stdout).toBe('the line is free\n');
  expect(await sluice('line', 'stop')).toMatchObject({ code: 2 });
  expect(await sluice('line', 'halt')).toMatchObject({ code: 2 });
  expect((await sluice('line', 'stop', '--reason', 'incident 42')).stderr).toMatch(
    /^ok {2}the line is stopped since .* by admin: incident 42\n$/,
  );
  const applied = await sluice('apply', 'urgent.yaml');
  expect(applied).toMatchObject({ code: 1 });
  expect(applied.stdout).toContain('The line is stopped by admin: incident 42.');
  const urgent = await sluice('apply', 'urgent.yaml', '--emergency', '--reason', 'incident 42', '--no-wait');
  expect(urgent).toMatchObject({ code: 0 });
  const waiting = await sluice('deploy', 'new.yaml');
  expect(waiting.stderr).toContain('The line is stopped by admin: incident 42.');
  expect(JSON.parse((await sluice('line', '--json')).stdout)).toMatchObject({ stopped: true, reason: 'incident 42' });
  expect((await sluice('line', 'free')).stderr).toMatch(/^ok {2}the line is free since .* by admin\n$/);
});

test('the level of the logs is shown, changed for a while, and reset', async () => {
  expect((await sluice('log-level')).stdout).toBe('the level is info\n');
  expect((await sluice('log-level', 'debug', '--for', '10m')).stderr).toMatch(
    /^ok {2}the level is debug until 20.*Z, then info\n$/,
  );
  expect((await sluice('log-level', 'error')).stderr).toBe(
    'ok  the level is error until a restart or a reset, then info\n',
  );
  expect(JSON.parse((await sluice('log-level', '--json')).stdout)).toEqual({ level: 'error', configured: 'info' });
  expect((await sluice('log-level', 'reset')).stderr).toBe('ok  the level is info\n');
  expect(await sluice('log-level', 'debgu')).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('did you mean "debug"?') as string,
  });
  expect(await sluice('log-level', 'reset', '--for', '10m')).toMatchObject({ code: 2 });
  expect((await sluice('log-level', 'debug', '--for', '2d')).stderr).toContain('write 48h');
});

test('a deployment that is completed ends a watch with 0, in JSON an object a line', async () => {
  const { code, stdout } = await sluice('deploy', 'new.yaml', '--strategy', 'direct', '--watch', '--json');
  expect(code).toBe(0);
  const news = stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as { type: string });
  expect(news.at(-1)).toMatchObject({ type: 'end', end: { status: 'Completed' } });
  expect(await sluice('deploy', 'new.yaml')).toMatchObject({
    code: 0,
    stdout: 'nothing to deploy: revision 2 has it all\n',
  });
  expect((await sluice('deployments', '--status', 'Completed')).stdout).toMatch(/ Direct +Completed /);
});

test('one route by itself is deployed beside the others; a second one on it is refused', async () => {
  await sluice('deploy', 'shop.yaml');
  const refused = await sluice('deploy', 'new.yaml');
  expect(refused.code).toBe(1);
  expect(refused.stderr).toContain('shop');
  const other = await shown('deploy', 'new.yaml', '--on-conflict', 'wait');
  expect(other.status).toBe('Pending');
  const unclear = await sluice('promote');
  expect(unclear.code).toBe(1);
  expect(unclear.stderr).toMatch(/several deployments are running: say which\n {2}shop-\S+ {2}shop(?:, cart)? +\S+\n/);
  expect(await shown('deployments', 'cart')).toMatchObject({ deploymentId: other.deploymentId });
  expect(await shown('rollback', 'cart', '--reason', 'not wanted')).toMatchObject({ status: 'Cancelled' });
});

test('of deployments that ended a route names the newest, which needs no watching', async () => {
  const direct = await sluice('deploy', 'shop.yaml', '--strategy', 'direct');
  expect(direct.stderr).toMatch(/^ok {2}shop-\S+: Direct to Development; completed\n$/);
  expect(await shown('deployments', 'shop')).toMatchObject({ strategy: 'Direct', configVersion: '3.0' });
});

test('production needs another person', async () => {
  const elsewhere = await sluice('deploy', 'guarded.yaml', '--environment', 'Development');
  expect(elsewhere).toMatchObject({ code: 1 });
  expect(elsewhere.stdout).toContain('is part of Production, according to the configuration');
  const deployed = await sluice('deploy', 'guarded.yaml', '--environment', 'Production');
  expect(deployed.stderr).toContain(': Canary to Production; waits for approval for Production; sluice watch ');
  const own = await sluice('approve');
  expect(own).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/another person has to approve it\n$/) as string,
  });
  const view = await sluice('deployments', 'shop');
  expect(view.stdout).toContain('sluice approve shop\n');
  const asking = askingContext(folder, ['not now\r'], { HOME: folder, ...env() });
  expect(await main(['reject', 'shop'], asking.context)).toBe(0);
  expect(await shown('deployments', 'shop')).toMatchObject({ status: 'Cancelled', approvalStatus: 'Rejected' });
});

test('a dry run shows the difference and the plan, and changes nothing', async () => {
  const dry = await sluice('deploy', 'new.yaml', '--dry-run');
  expect(dry).toMatchObject({ code: 0, stderr: '' });
  expect(dry.stdout).toMatch(/^~ route .+\n(?:.*\n)+nothing was changed \(--dry-run\)\n$/);
  expect(dry.stdout).toContain(
    [
      '',
      'plan         Canary to Development',
      'approval     none for Development',
      'phases       10 %   5m or longer',
      '             50 %   5m or longer',
      '             100 %  5m or longer',
      'starts       at once',
      '',
    ].join('\n'),
  );
  expect(await sluice('deployments', '--route', 'shop', '--status', 'InProgress')).toMatchObject({
    stdout: 'no deployments\n',
  });
});

test('the plan says who approves, what is measured, and that a freeze holds', async () => {
  const settings = `deployment:
  testers: [{ header: x-tester, value: "*" }]
  sticky: { by: cookie }
  mirror: { percentage: 5 }
  gates: [{ type: http, name: health, url: "http://10.0.0.9/health" }]
  phases: [{ trafficPercentage: 1, duration: 1m }, { name: all, trafficPercentage: 100, duration: 0s, approval: true }]
`;
  const guarded = 'name: shop\nversion: "3.0"\nenvironment: Production\npathPattern: /shop\n';
  const backends = 'backends: [{ name: s, url: "http://10.0.0.3" }]\n';
  await writeFile(join(folder, 'planned.yaml'), guarded + backends + settings);
  await sluice('line', 'stop', '--reason', 'incident 42');
  const { stdout } = await sluice('deploy', 'planned.yaml', '--dry-run');
  expect(stdout).toContain(
    [
      'plan         Canary to Production',
      'approval     by another person than admin, an Operator or Admin, before it starts',
      'phases       1 %          1m or longer  mirrors 5 % to the candidate',
      '             100 % (all)                                              after an approval',
      'testers      header x-tester',
      'sticky       by cookie sluice-user',
      'gates        health (http)',
      'freeze       The line is stopped by admin: incident 42.',
      'starts       after the approval, and when the freeze has ended',
      '',
    ].join('\n'),
  );
  expect(JSON.parse((await sluice('deploy', 'planned.yaml', '--dry-run', '--json')).stdout)).toMatchObject({
    dryRun: true,
    freeze: 'The line is stopped by admin: incident 42.',
    plan: { strategy: 'Canary', approvalStatus: 'Pending', phases: { length: 2 }, gates: { length: 1 } },
  });
  expect((await sluice('deploy', 'new.yaml', '--dry-run')).stdout).toContain(
    'starts       when the freeze has ended\n',
  );
});

test('an approval says what happens next', async () => {
  await sluice('user', 'add', 'bea', '--role', 'Operator');
  await sluice('deploy', 'guarded.yaml');
  const asBea = { SLUICE_URL: control.url, SLUICE_PASSWORD: adminPassword, HOME: join(folder, 'bea') };
  expect(await runCommand(folder, ['login', 'bea'], asBea)).toMatchObject({ code: 0 });
  await sluice('line', 'stop', '--reason', 'incident 42');
  const approved = await runCommand(folder, ['approve', 'shop'], asBea);
  expect(approved.stderr).toMatch(
    /^ok {2}shop-\S+: approved; it waits\. The line is stopped by admin: incident 42\. Then phase 1 of 3 gives the candidate 10 % for 5m or longer; sluice watch shop\n$/,
  );
});

test('what is called the wrong way says how', async () => {
  expect((await sluice('deploy', 'new.yaml', '--strategy', 'fast')).stderr).toContain(
    '--strategy: expected Direct, Canary',
  );
  expect((await sluice('deploy', 'new.yaml', '--on-conflict', 'fight')).code).toBe(2);
  expect((await sluice('promote', '--to', '101')).stderr).toContain('--to: expected a share from 0 to 100');
  expect((await sluice('deployments', '--limit', '0')).code).toBe(2);
  expect((await sluice('deployments', '--status', 'Broken')).stderr).toContain('status');
  expect((await sluice('watch')).stderr).toContain('no deployment is going on');
  expect((await sluice('watch', 'nothing')).stderr).toContain('there is no deployment nothing');
  await writeFile(
    join(folder, 'pool.yaml'),
    'backends: [{ name: pool, url: "http://b" }]\nroutes: [{ name: x, backends: [{ backendId: pool }] }]\n',
  );
  expect((await sluice('deploy', 'pool.yaml')).stderr).toContain('the shared backend pool does not exist yet');
  await writeFile(join(folder, 'wrong.yaml'), 'name: shop\nbackends: []\n');
  const wrong = await sluice('deploy', 'wrong.yaml');
  expect(wrong.code).toBe(1);
  expect(wrong.stdout).toMatch(/^wrong\.yaml:2:\d+ {2}backends /);
});

test('without a login it is said how', async () => {
  await sluice('logout');
  for (const args of [['deploy', 'new.yaml'], ['deployments'], ['watch'], ['promote'], ['rollback', '--reason', 'x']]) {
    expect((await sluice(...args)).stderr).toContain('log in first: sluice login');
  }
});
