import { Agent } from 'node:http';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ask } from '../kit/index.ts';
import { long, quick } from './settings.ts';
import { startDelivery } from './start-delivery.ts';
import type { Delivery } from './start-delivery.ts';

const users = 60;
const shares = [1, 5, 10, 25, 50, 75, 100];
/** After these shares the gateway is stopped and started again. */
const restartsAfter = new Set([10, 50]);
const ways = ['header', 'cookie', 'client'] as const;

let delivery: Delivery;
let agent: Agent;

beforeAll(async () => {
  agent = new Agent({ keepAlive: true, maxSockets: 5 });
  delivery = await startDelivery();
});

afterAll(async () => {
  agent.destroy();
  await delivery.close();
});

/** The cookie that each user was given. */
const jar = new Map<number, string>();

/** The version that a user of a route sees, who is known by one of the ways. */
async function seenBy(way: (typeof ways)[number], user: number): Promise<string> {
  const { proxyPort } = delivery.process;
  if (way === 'header') {
    return (await ask(proxyPort, '/by-header/x', { agent, headers: { 'x-user': `user-${user}` } })).body;
  }
  // Every address below 127.0.0.0/8 is this machine's.
  if (way === 'client') return (await ask(proxyPort, '/by-client/x', { localAddress: `127.0.1.${user + 1}` })).body;
  const cookie = jar.get(user);
  const { headers, body } = await ask(proxyPort, '/by-cookie/x', { agent, headers: cookie ? { cookie } : {} });
  const [given] = headers['set-cookie'] ?? [];
  if (given !== undefined) jar.set(user, given.split(';')[0]);
  return body;
}

test('who has the candidate keeps it while its share grows, over two restarts of the gateway', async () => {
  const settings = (way: string) => ({
    sticky: way === 'header' ? { by: way, name: 'X-User' } : { by: way },
    phases: [{ trafficPercentage: 0, duration: long }],
    analysis: quick,
  });
  await delivery.addRoutes(...ways.map((way) => `by-${way}`));
  const ids: string[] = [];
  for (const way of ways) ids.push((await delivery.deploy(`by-${way}`, settings(way))).deploymentId);
  const has = new Map(ways.map((way) => [way, new Set<number>()]));
  const report: string[] = [];
  for (const share of shares) {
    for (const id of ids) await delivery.act(id, 'promote', { targetPercentage: share });
    await delivery.whenConverged();
    await askAll(has);
    report.push(`${share} %: ${ways.map((way) => `${has.get(way)!.size} by ${way}`).join(', ')}`);
    if (!restartsAfter.has(share)) continue;
    const before = structuredClone(has);
    await delivery.process.stop();
    await delivery.process.start();
    await askAll(has);
    // Nobody changed sides, in neither direction.
    expect(has).toEqual(before);
  }
  console.log(`of ${users} users had the candidate at ${report.join('; ')}`);
  expect([...has.values()].map(({ size }) => size)).toEqual([users, users, users]);
  expect(jar.size).toBe(users);
});

/** Asks as every user twice, and notes who has the candidate; fails when somebody has it no more. */
async function askAll(has: ReadonlyMap<(typeof ways)[number], Set<number>>): Promise<void> {
  const lost: string[] = [];
  for (const [way, having] of has) {
    for (let count = 0; count < users * 2; count++) {
      const user = count % users;
      const version = await seenBy(way, user);
      if (version === 'candidate') having.add(user);
      else if (version !== 'stable' || having.has(user)) lost.push(`user ${user} by ${way} got ${version}`);
    }
  }
  expect(lost).toEqual([]);
}
