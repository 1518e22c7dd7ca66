import { parseConfig } from '@sluice/model';
import type { GatewayConfig } from '@sluice/model';
import { createLogger } from '@sluice/service';
import { expect, test } from 'vitest';
import { startReport } from './start-report.ts';
import type { Started } from './start-report.ts';

const demo = { stable: 'http://127.0.0.1:9001', candidate: 'http://127.0.0.1:9002', bad: 'http://127.0.0.1:9003' };

function report(facts: Partial<Started>, isTTY: boolean): { page: string; log: string } {
  const [page, log]: [string[], string[]] = [[], []];
  const addresses = { proxy: { host: '0.0.0.0', port: 8000 }, management: { host: '::1', port: 5000 } };
  const output = { write: (line: string) => log.push(line) };
  startReport(
    {
      addresses,
      revision: 1,
      routes: 0,
      adminPassword: undefined,
      demo: undefined,
      config: config(),
      file: 'sluice.yaml',
      portFrom: undefined,
      json: false,
      log: createLogger({ output }),
      ...facts,
    },
    { stdout: { write: (text) => page.push(text), isTTY }, stderr: output, env: { NO_COLOR: '1' }, cwd: '/' },
  );
  return { page: page.join(''), log: log.join('') };
}

function config(): GatewayConfig {
  const result = parseConfig({ proxy: { workers: 1 } });
  if (!result.ok) throw new Error('the default configuration is not valid');
  return result.config;
}

test('a terminal is told what runs where, with addresses that can be opened', () => {
  const { page, log } = report({}, true);
  expect(page).toContain('0 routes, 1 worker');
  expect(page).toMatch(/^ {2}proxy +http:\/\/localhost:8000$/m);
  expect(page).toMatch(/^ {2}management +http:\/\/\[::1\]:5000 +\/swagger +\/health/m);
  expect(page).toContain('Changes to sluice.yaml go live at once.');
  expect(page).not.toContain('curl');
  expect(log).toBe('');
});

test('it says what set the port of the proxy', () => {
  expect(report({ portFrom: 'PORT' }, true).page).toMatch(/^ {2}proxy +http:\/\/localhost:8000 +port from PORT$/m);
  expect(JSON.parse(report({ portFrom: '--port' }, false).log)).toMatchObject({ portFrom: '--port' });
});

test('a first password is shown to people, and kept out of the log', () => {
  expect(report({ adminPassword: 'shown-once' }, true).page).toMatch(/user admin, password shown-once/);
  const { page, log } = report({ adminPassword: 'shown-once' }, false);
  expect(page).toBe('password of admin, shown this once: shown-once\n');
  expect(log).not.toContain('shown-once');
});

test('the demo says how to change its password; a later start of a kept store asks at the login', () => {
  const change = 'to change it: npx sluice login admin, then npx sluice user password admin';
  expect(report({ adminPassword: 'shown-once', demo }, true).page).toContain(change);
  expect(report({ adminPassword: 'shown-once' }, true).page).not.toContain('to change it');
});

test('without routes, the first steps are named; a file that owns none is left alone', () => {
  expect(report({}, true).page).toContain('sluice apply FILE');
  expect(report({ config: { ...config(), routesOwner: 'file' } }, true).page).not.toContain('sluice apply FILE');
});

test('the demo shows its backends and commands to try, in a pipe too', () => {
  const { page } = report({ demo, file: undefined }, false);
  expect(page).toMatch(/^ {2}stable +http:\/\/127\.0\.0\.1:9001 /m);
  expect(page).toMatch(/^ {2}candidate +http:\/\/127\.0\.0\.1:9002 /m);
  expect(page).toMatch(/^ {2}bad +http:\/\/127\.0\.0\.1:9003 /m);
  expect(page.match(/npx sluice demo /g)).toHaveLength(2);
  expect(page).toContain('everything is in memory');
  expect(page.match(/curl .*http:\/\/localhost:8000\/test\//g)).toHaveLength(3);
});

test.each([
  ['a pipe', {}, false],
  ['--json', { json: true, demo }, true],
])('%s gets one line in the log instead', (_, facts, isTTY) => {
  const { page, log } = report(facts, isTTY);
  expect(page).toBe('');
  expect(JSON.parse(log)).toMatchObject({ message: 'running', revision: 1, proxy: 'http://localhost:8000' });
});
