import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Context } from '../command/command.ts';
import { runCommand } from '../testing/run-command.ts';
import { adminPassword, startControlPlane } from '../testing/start-control-plane.ts';
import type { StartedControlPlane } from '../testing/start-control-plane.ts';

let folder: string;
let control: StartedControlPlane;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'apply-measured-'));
  control = await startControlPlane(folder);
  await write('old.yaml', routes({ shop: 1, cart: 1 }));
  await sluice('login', 'admin');
  await sluice('apply', 'old.yaml', '--no-wait');
});
afterEach(async () => {
  await control.close();
  await rm(folder, { recursive: true });
});

const write = (name: string, text: string) => writeFile(join(folder, name), text);

/** A file with a route for each name, which leads to the host of that number. */
function routes(hosts: Readonly<Record<string, number>>, more = ''): string {
  const lines = Object.entries(hosts).map(
    ([name, host]) =>
      `  - { name: ${name}, version: "${host}.0", pathPattern: /${name}, backends: [{ name: s, url: "http://10.0.0.${host}" }] }\n`,
  );
  return `${more}routes:\n${lines.join('')}`;
}

const env = (): Context['env'] => ({ SLUICE_URL: control.url, SLUICE_PASSWORD: adminPassword });
const sluice = (...args: string[]) => runCommand(folder, args, env());

interface Listed {
  readonly deploymentId: string;
  readonly routes: readonly { readonly routeId: string }[];
}

async function open(): Promise<readonly Listed[]> {
  const { stdout } = await sluice('deployments', '--status', 'InProgress', '--json');
  return (JSON.parse(stdout) as { deployments: Listed[] }).deployments;
}

test('what changes says is measured becomes a deployment, the rest is live at once; a second run joins it', async () => {
  const more =
    'changes: { phases: [{ trafficPercentage: 5, duration: 1m }, { trafficPercentage: 100, duration: 0s }] }\n';
  await write('new.yaml', routes({ shop: 2, cart: 1, blog: 1 }, more));
  const dry = await sluice('apply', 'new.yaml', '--dry-run');
  expect(dry.stdout).toMatch(
    /^\+ route blog .+\n\nmeasured:\n~ route shop\n(?: {4}.+\n)+\nplan {9}Canary to Development\n/,
  );
  expect(dry.stdout).toContain('phases       5 %    1m or longer\n');
  expect(dry.stdout).toMatch(/\nwould be 1 created, 1 deployment; nothing was changed \(--dry-run\)\n$/);
  expect(await open()).toEqual([]);

  const applied = await sluice('apply', 'new.yaml', '--no-wait');
  expect(applied.code).toBe(0);
  expect(applied.stdout).toMatch(/\nok {2}revision 2: 1 created\nok {2}shop-\S+: measured; sluice watch shop\n$/);
  const [begun] = await open();
  expect(begun?.routes.map(({ routeId }) => routeId)).toEqual(['shop']);
  const again = JSON.parse((await sluice('apply', 'new.yaml', '--json')).stdout) as { deployments: Listed[] };
  expect(again).toMatchObject({ changes: [], deployments: [{ deploymentId: begun?.deploymentId }] });
  expect((await open()).map(({ deploymentId }) => deploymentId)).toEqual([begun?.deploymentId]);

  // Another content takes the place of the one on trial.
  await write('newer.yaml', routes({ shop: 3, cart: 1, blog: 1 }, more));
  await sluice('apply', 'newer.yaml');
  const [next] = await open();
  expect(next?.deploymentId).not.toBe(begun?.deploymentId);
  await sluice('promote', 'shop', '--to', '100');
  await vi.waitFor(async () => expect(await open()).toEqual([]));
  expect(await sluice('apply', 'newer.yaml', '--watch')).toMatchObject({
    code: 0,
    stdout: expect.stringContaining('nothing to change') as string,
  });
});

test('--measured measures a file that says nothing of it, and a route may stay out', async () => {
  await write('new.yaml', routes({ shop: 2 }).replace('name: shop,', 'name: shop, changes: direct,'));
  expect((await sluice('apply', 'new.yaml', '--measured', '--no-wait')).stdout).toContain('revision 2: 1 changed');
  await write(
    'one.yaml',
    'name: cart\nversion: "2"\npathPattern: /cart\nbackends: [{ name: s, url: "http://10.0.0.2" }]\n',
  );
  expect((await sluice('apply', 'one.yaml', '--measured')).stdout).toMatch(
    /\nok {2}cart-\S+: measured; sluice watch cart\n$/,
  );
  expect((await sluice('apply', 'one.yaml', '--measured', '--dry-run')).stdout).toMatch(
    /^\nmeasured, in progress as cart-/m,
  );
});

test.each([
  ['live', 0, ['promote', 'shop', '--to', '100']],
  ['rolled back', 4, ['rollback', 'shop', '--reason', 'enough seen']],
] as const)('--watch ends when what is measured is %s: exit code %i', async (_what, code, action) => {
  await write('new.yaml', routes({ shop: 2, cart: 1 }, 'changes: measured\n'));
  const watched = sluice('apply', 'new.yaml', '--watch');
  await vi.waitFor(async () => expect(await open()).toHaveLength(1));
  await sluice(...action);
  expect((await watched).code).toBe(code);
});

test('Ctrl-C leaves the deployment to the control plane, and says so', async () => {
  await write('new.yaml', routes({ shop: 2, cart: 1 }, 'changes: measured\n'));
  const before = process.listenerCount('SIGINT');
  const watched = sluice('apply', 'new.yaml', '--watch');
  await vi.waitFor(() => expect(process.listenerCount('SIGINT')).toBeGreaterThan(before));
  process.emit('SIGINT', 'SIGINT');
  const { code, stdout } = await watched;
  expect(code).toBe(130);
  expect(stdout).toContain('The deployment continues. To see it again: sluice watch shop\n');
  expect(await open()).toHaveLength(1);
});

test('--watch ends with 3 when a person has to decide, and with 1 when it is refused', async () => {
  const guarded = routes({ shop: 2, cart: 1 }, 'changes: measured\n').replace(
    '/shop,',
    '/shop, environment: Production,',
  );
  await write('guarded.yaml', guarded);
  const waits = await sluice('apply', 'guarded.yaml', '--watch');
  expect(waits).toMatchObject({ code: 3 });
  expect(waits.stdout).toContain('Waits for a person: approval for Production\n');
  const deployed = await sluice('deploy', 'guarded.yaml', '--watch', '--on-conflict', 'supersede');
  expect(deployed).toMatchObject({ code: 3 });
  await write('wrong.yaml', routes({ shop: 2 }, 'changes: { phases: [] }\n'));
  expect(await sluice('apply', 'wrong.yaml', '--watch')).toMatchObject({ code: 1 });
});
