import { expect, test } from 'vitest';
import { createLogger } from './logger.ts';
import type { LoggerOptions } from './logger.ts';

const threeOClock = (): Date => new Date(2025, 0, 2, 3, 4, 5);

function record(options: Partial<LoggerOptions> = {}) {
  const lines: string[] = [];
  const log = createLogger({ output: { write: (text: string) => lines.push(text) }, now: threeOClock, ...options });
  return { log, lines };
}

test('a pipe gets one JSON object per line', () => {
  const { log, lines } = record();
  log.info('listening', { port: 8000 });
  expect(JSON.parse(lines[0])).toMatchObject({ level: 'info', message: 'listening', port: 8000 });
  expect(lines[0]).toMatch(/\n$/);
});

test('a terminal gets aligned lines', () => {
  const { log, lines } = record({ json: false });
  log.warn('slow', { ms: 5, what: 'two words' });
  log.info('plain');
  expect(lines).toEqual([`03:04:05  warn   ${'slow'.padEnd(40)}  ms=5 what="two words"\n`, '03:04:05  info   plain\n']);
});

test('lines below the level are dropped', () => {
  const { log, lines } = record({ level: 'warn' });
  log.info('no');
  log.debug('no');
  log.error('yes');
  expect(lines).toHaveLength(1);
});

test.each([true, false])('secrets are never printed (json: %s)', (json) => {
  const { log, lines } = record({ json });
  log.info('connecting to postgres://user:hunter2@db/x', {
    password: 'hunter2',
    nested: { apiKey: 'hunter2', Authorization: 'hunter2' },
    url: 'http://u:hunter2@host/',
    error: new Error('failed', { cause: new Error('at https://u:hunter2@host/') }),
  });
  expect(lines.join('')).not.toContain('hunter2');
  expect(lines.join('')).toContain('failed: at https://[hidden]@host/');
});

test.each([true, false])('a value cannot pass for another line or control the terminal (json: %s)', (json) => {
  const { log, lines } = record({ json });
  log.info('a\nb\u001b[2J', { path: '/x\r\n03:04:05  info   forged' });
  // oxlint-disable-next-line no-control-regex -- control characters are what is looked for
  expect(lines.join('').slice(0, -1)).not.toMatch(/[\u0000-\u001f]/);
});

test('lines that could not be written are counted, and told once one can be', () => {
  const lines: string[] = [];
  let full = true;
  const output = {
    write(text: string, done?: (error?: Error | null) => void) {
      if (full) return done?.(new Error('ENOSPC'));
      lines.push(text);
    },
  };
  const log = createLogger({ output, json: false, now: threeOClock });
  for (const message of ['one', 'two', 'three']) log.info(message);
  full = false;
  log.info('four');
  log.info('five');
  expect(lines).toEqual([
    `03:04:05  warn   ${'lines of the log could not be written'.padEnd(40)}  lines=3\n`,
    '03:04:05  info   four\n',
    '03:04:05  info   five\n',
  ]);
});
