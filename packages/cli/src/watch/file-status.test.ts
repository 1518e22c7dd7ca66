import { expect, test } from 'vitest';
import type { Context } from '../command/command.ts';
import { fileExitCode, fileStatusText, isUnderWay } from './file-status.ts';
import type { FileStatus, NotLiveRoute } from './file-status.ts';

const context = { stdout: { write: () => true }, stderr: { write: () => true }, env: {}, cwd: '/' } as Context;
const one: NotLiveRoute = {
  routeId: 'users',
  lines: 'sluice.yaml:12-19',
  state: 'takenBack',
  deploymentId: 'users-1',
  percentage: 0,
  why: 'It failed\u001b[2J more.',
};
const status = (more: Partial<FileStatus> = {}): FileStatus => ({
  file: 'sluice.yaml',
  behind: 0,
  notLive: [],
  ...more,
});

test.each<[string, FileStatus, string]>([
  ['all of it', status(), 'live  all of sluice.yaml\n'],
  [
    'what was taken back',
    status({ notLive: [one] }),
    'taken back  sluice.yaml:12-19  route users: It failed\\u001b[2J more.\n' +
      'The version before serves. Correct the file and save it: the change begins anew.\n',
  ],
  [
    'what is on trial',
    status({ notLive: [{ ...one, state: 'onTrial', percentage: 10, why: 'Phase 1.' }] }),
    'on trial with 10 % of the traffic  sluice.yaml:12-19  route users: Phase 1.\n',
  ],
  [
    'a late file',
    status({ behind: 2 }),
    'late  sluice.yaml is 2 saves older than what is live: nothing of it is applied\n',
  ],
])('says of %s', (_what, given, text) => {
  expect(fileStatusText(given, context)).toBe(text);
});

test('what was taken back stays so; everything else goes on', () => {
  expect(isUnderWay(status({ notLive: [one] }))).toBe(false);
  expect(isUnderWay(status({ notLive: [one, { ...one, state: 'held' }] }))).toBe(true);
});

test.each([
  [status(), 0],
  [status({ behind: 2, notLive: [one] }), 1],
  [status({ notLive: [one] }), 4],
])('%j ends with %i', (given, code) => {
  expect(fileExitCode(given)).toBe(code);
});
