import type { DeploymentNews } from '@sluice/model/api';
import { EventEmitter } from 'node:events';
import { expect, test, vi } from 'vitest';
import { exitCodeOf, followDeployment } from './follow-deployment.ts';
import type { FollowOptions } from './follow-deployment.ts';
import { begun, someDeployment, someEvent, someMetrics } from './testing/some-deployment.ts';

class Terminal extends EventEmitter {
  readonly written: string[] = [];
  readonly isTTY: boolean;
  columns = 80;
  rows = 30;

  constructor(isTTY: boolean) {
    super();
    this.isTTY = isTTY;
  }

  write(text: string): void {
    this.written.push(text);
  }
}

function following(news: FollowOptions['news'], { isTTY = false, json = false, env = {} } = {}) {
  const [stdout, stderr, signals] = [new Terminal(isTTY), new Terminal(isTTY), new EventEmitter()];
  const followed = followDeployment({
    deployment: someDeployment(),
    context: { stdout, stderr, env: { NO_COLOR: '1', ...env } },
    json,
    clock: () => begun + 5000,
    signals,
    news,
    leaveMessage: 'The deployment goes on.',
  });
  return { followed, stdout, stderr, signals };
}

const created: DeploymentNews = { type: 'event', event: someEvent(1, 0, { kind: 'created', text: 'Created.' }) };

function ending(status: 'Completed' | 'RolledBack' | 'Failed' | 'Cancelled'): DeploymentNews[] {
  return [
    created,
    { type: 'metrics', metrics: someMetrics(1) },
    { type: 'deployment', deployment: someDeployment({ status }) },
    { type: 'end', end: { deploymentId: 'shop-abc123', status } },
  ];
}

async function* from(news: readonly DeploymentNews[]): AsyncGenerator<DeploymentNews> {
  for (const each of news) yield await Promise.resolve(each);
}

/** Goes on until somebody leaves. */
const endless: FollowOptions['news'] = async function* ({ signal }) {
  yield created;
  await new Promise((resolve) => signal.addEventListener('abort', resolve));
};

test.each([
  ['Completed', 0],
  ['RolledBack', 4],
  ['Failed', 4],
  ['Cancelled', 4],
] as const)('a deployment that ends as %s: exit code %i', async (status, code) => {
  const { followed, stdout, signals } = following(() => from(ending(status)));
  expect(exitCodeOf(await followed)).toBe(code);
  expect(stdout.written.join('')).toContain('Created.\n');
  expect(signals.eventNames()).toEqual([]);
});

test.each([
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const)('%s leaves it with %i and says that it goes on', async (signal, code) => {
  const { followed, stdout, signals } = following(endless, { isTTY: true });
  signals.emit(signal, signal);
  expect(exitCodeOf(await followed)).toBe(code);
  expect(stdout.written.at(-1)).toBe('  The deployment goes on.\n\u001B[?25h');
  expect(signals.eventNames()).toEqual([]);
  expect(stdout.eventNames()).toEqual([]);
});

test('on a terminal it is drawn in place, and the cursor is back at the end', async () => {
  const { followed, stdout } = following(() => from(ending('Completed')), { isTTY: true });
  await followed;
  const [first, ...frames] = stdout.written;
  expect(first).toBe('\u001B[?25l');
  expect(frames.at(-1)).toBe('\u001B[?25h');
  for (const [index, frame] of frames.slice(1, -1).entries()) {
    const before = frames[index].split('\n').length - 1;
    expect(frame.startsWith(`\u001B[${before}A\r`)).toBe(true);
  }
  expect(frames.at(-2)).toContain('completed');
});

test('another size of the terminal is drawn at once', async () => {
  const { followed, stdout, signals } = following(endless, { isTTY: true });
  await vi.waitFor(() => expect(stdout.written.length).toBeGreaterThan(2));
  const before = stdout.written.length;
  stdout.columns = 50;
  stdout.emit('resize');
  expect(stdout.written.length).toBe(before + 1);
  // What stood there was wider: nobody knows where it is now.
  expect(stdout.written.at(-1)?.startsWith('\u001B[H\u001B[2J\r')).toBe(true);
  signals.emit('SIGINT', 'SIGINT');
  await followed;
});

test('whatever ends the process, the cursor is back', async () => {
  const { followed, stdout, signals } = following(endless, { isTTY: true });
  signals.emit('exit', 1);
  expect(stdout.written.at(-1)).toContain('\u001B[?25h');
  signals.emit('SIGINT', 'SIGINT');
  await followed;
});

test('a terminal without escape sequences gets plain lines', async () => {
  const { followed, stdout } = following(() => from(ending('Completed')), { isTTY: true, env: { TERM: 'dumb' } });
  await followed;
  expect(stdout.written.join('')).not.toContain('\u001B');
});

test('JSON is what the API says, an object a line; trouble stays out of it', async () => {
  const news = ending('Completed');
  const { followed, stdout, stderr } = following(
    async function* ({ disconnected }) {
      disconnected('away: trying again');
      disconnected('away: trying again');
      yield* from(news);
    },
    { json: true },
  );
  await followed;
  const lines = stdout.written.join('').trimEnd().split('\n');
  expect(lines.map((line) => JSON.parse(line) as DeploymentNews)).toEqual(news);
  expect(stderr.written).toEqual(['away: trying again\n']);
});

test('trouble is told once, in a line or in the view', async () => {
  const news: FollowOptions['news'] = async function* ({ disconnected }) {
    yield created;
    disconnected('away: trying again');
    disconnected('away: trying again');
    yield* from(ending('Completed').slice(1));
  };
  const piped = following(news);
  await piped.followed;
  expect(piped.stdout.written.join('').match(/away/g)).toHaveLength(1);
  const drawn = following(news, { isTTY: true });
  await drawn.followed;
  expect(drawn.stdout.written.some((frame) => /away {9}away: trying again/.test(frame))).toBe(true);
  expect(drawn.stdout.written.at(-2)).not.toContain('away');
});

test('news that fail, or stop before the end, are an error that leaves nothing behind', async () => {
  const failing = following(
    // oxlint-disable-next-line require-yield -- it fails before there is any
    async function* () {
      await Promise.resolve();
      throw new Error('the session is over');
    },
    { isTTY: true },
  );
  await expect(failing.followed).rejects.toThrow('the session is over');
  expect(failing.signals.eventNames()).toEqual([]);
  expect(failing.stdout.written.at(-1)).toContain('\u001B[?25h');
  await expect(following(() => from([created])).followed).rejects.toThrow('ended before the deployment did');
});
