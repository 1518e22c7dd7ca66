import { parseConfig } from '@sluice/model';
import { createRedaction } from '@sluice/service/redaction';
import { expect, test } from 'vitest';
import { compileSettings } from '../compile/compile-settings.ts';
import type { AccessLogEntry } from '../observe/access-log-entry.ts';
import { EntryRedaction } from '../observe/entry-redaction.ts';
import { refuseRequest } from './refuse-request.ts';
import type { WorkerContext } from './worker-context.ts';

/** What the access log gets of a refused request while these names are hidden. */
function loggedWith(hiddenNames: readonly string[], reason: string): AccessLogEntry[] {
  const parsed = parseConfig({});
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  const entries: AccessLogEntry[] = [];
  const worker = {
    telemetry: { reject() {}, recordUnrouted() {} },
    snapshot: { revision: 3, settings: compileSettings(parsed.config.proxy, 3) },
    accessLog: { wants: () => true, log: (entry: AccessLogEntry) => entries.push(entry) },
    redaction: new EntryRedaction(createRedaction(hiddenNames)),
    newRequestId: () => 'id-1',
  } as unknown as WorkerContext;
  refuseRequest(worker, { code: 'MALFORMED_REQUEST', reason, client: '192.0.2.7' });
  return entries;
}

test('the line of a refused request hides the fields that the configuration hides', () => {
  expect(loggedWith(['client'], 'the head has no end')).toMatchObject([
    { client: '[hidden]', reason: 'the head has no end', requestId: 'id-1', status: 400 },
  ]);
});

test('what was wrong with it is told without secrets', () => {
  const [entry] = loggedWith([], 'the target /?token=pl4nt3d is malformed');
  expect(entry).toMatchObject({ client: '192.0.2.7', reason: 'the target /?token=[hidden] is malformed' });
});
