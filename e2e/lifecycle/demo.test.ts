import { expect, test } from 'vitest';
import { ask, freePort, spawnSluice } from '../kit/index.ts';

test('the demo serves both backends behind /test and ends cleanly', async () => {
  const [port, management] = [await freePort(), await freePort()];
  const demo = startDemo(port, management);
  await demo.ready(management);
  const answers = await Promise.all(Array.from({ length: 100 }, () => ask(port, '/test/get?x=y')));
  const served = answers.map(({ headers }) => headers['x-served-by']);
  expect(answers.every(({ status }) => status === 200)).toBe(true);
  expect(served.filter((name) => name === 'stable').length).toBeGreaterThan(80);
  expect(served).toContain('candidate');
  expect(JSON.parse(answers[0].body)).toMatchObject({ args: { x: 'y' }, method: 'GET' });
  expect(answers[0].headers['x-gateway-revision']).toMatch(/^\d+$/);
  await demo.written(`:${port}/test/get`);
  expect(await demo.stop()).toBe(0);
});

test('a port that is taken is named', async () => {
  const [port, management] = [await freePort(), await freePort()];
  const first = startDemo(port, management);
  await first.ready(management);
  const second = startDemo(port, await freePort());
  expect(await second.exit()).toBe(1);
  expect(second.output).toContain(String(port));
  expect(second.output).toContain('--port');
  await first.stop();
});

function startDemo(port: number, management: number) {
  return spawnSluice(['start', '--demo', '--port', String(port), '--management-port', String(management)]);
}
