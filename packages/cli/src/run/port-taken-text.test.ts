import { expect, test } from 'vitest';
import { portTakenText } from './port-taken-text.ts';

test('every way to choose another port is shown', () => {
  const taken = { port: 8000, host: '127.0.0.1', key: 'proxy.port' as const, holder: 'nginx (pid 7)' };
  expect(portTakenText([taken], { file: 'sluice.yaml', env: {} })).toBe(
    [
      'Port 8000 on 127.0.0.1 (proxy.port) is taken by nginx (pid 7). To choose another:',
      '',
      '  sluice start --port 8001    for this run',
      '  SLUICE__PROXY__PORT=8001    in the environment',
      '  proxy.port: 8001            in sluice.yaml',
      '',
    ].join('\n'),
  );
});

test('under npm the flag passes through npm, and an unknown holder is just another process', () => {
  const taken = { port: 5000, host: '::', key: 'management.port' as const, holder: undefined };
  const text = portTakenText([taken], { file: undefined, env: { npm_lifecycle_event: 'start' } });
  expect(text).toContain('taken by another process');
  expect(text).toContain('npm start -- --management-port 5001');
});

test('a port without a flag of its own is chosen by variable or file', () => {
  const taken = { port: 65535, host: '::', key: 'proxy.tls.port' as const, holder: undefined };
  const text = portTakenText([taken], { file: 'a.yaml', env: {} });
  expect(text).toContain('SLUICE__PROXY__TLS__PORT=65534');
  expect(text).not.toContain('--');
});

test('several taken ports are told at once, and others are chosen for all of them', () => {
  const proxy = { port: 8000, host: '127.0.0.1', key: 'proxy.port', holder: 'nginx (pid 7)' };
  const management = { port: 8001, host: '127.0.0.1', key: 'management.port', holder: undefined };
  expect(portTakenText([proxy, management], { file: 'a.yaml', env: {} })).toBe(
    [
      'Port 8000 on 127.0.0.1 (proxy.port) is taken by nginx (pid 7).',
      'Port 8001 on 127.0.0.1 (management.port) is taken by another process. To choose others:',
      '',
      '  sluice start --port 8002 --management-port 8003           for this run',
      '  SLUICE__PROXY__PORT=8002 SLUICE__MANAGEMENT__PORT=8003    in the environment',
      '  proxy.port: 8002, management.port: 8003                   in a.yaml',
      '',
    ].join('\n'),
  );
});
