import { expect, test } from 'vitest';
import { ask, freePort, spawnSluice, until } from '../kit/index.ts';

test('the demo serves both backends behind /test and ends cleanly', async () => {
  const [port, management] = [await freePort(), await freePort()];
  const env = { SLUICE__MANAGEMENT__PORT: String(management) };
  const { child, output, exited } = spawnSluice(['start', '--demo', '--port', String(port)], env);
  await until(
    'the demo to be ready',
    () =>
      ask(management, '/ready').then(
        ({ status }) => status === 200,
        () => false,
      ),
    {
      timeout: 20_000,
      detail: () => output.text,
    },
  );
  const answers = await Promise.all(Array.from({ length: 100 }, () => ask(port, '/test/get?x=y')));
  const served = answers.map(({ headers }) => headers['x-served-by']);
  expect(answers.every(({ status }) => status === 200)).toBe(true);
  expect(served.filter((name) => name === 'stable').length).toBeGreaterThan(80);
  expect(served).toContain('candidate');
  expect(JSON.parse(answers[0].body)).toMatchObject({ args: { x: 'y' }, method: 'GET' });
  expect(answers[0].headers['x-gateway-revision']).toMatch(/^\d+$/);
  await until('the demo to say what to try', () => output.text.includes(`:${port}/test/get`), {
    detail: () => output.text,
  });
  child.kill('SIGTERM');
  expect(await exited).toBe(0);
});

test('a port that is taken is named', async () => {
  const [port, management] = [await freePort(), await freePort()];
  const env = { SLUICE__MANAGEMENT__PORT: String(management) };
  const first = spawnSluice(['start', '--demo', '--port', String(port)], env);
  await until(
    'the first to be ready',
    () =>
      ask(management, '/ready').then(
        ({ status }) => status === 200,
        () => false,
      ),
    {
      timeout: 20_000,
      detail: () => first.output.text,
    },
  );
  const other = { SLUICE__MANAGEMENT__PORT: String(await freePort()) };
  const second = spawnSluice(['start', '--demo', '--port', String(port)], other);
  expect(await second.exited).toBe(1);
  expect(second.output.text).toContain(String(port));
  expect(second.output.text).toContain('--port');
  first.child.kill('SIGTERM');
  await first.exited;
});
