import { hideSecrets } from '@sluice/model';
import { parsePathPattern } from '@sluice/model/path-pattern';
import { createRedaction } from '@sluice/service/redaction';
import { expect, test } from 'vitest';
import type { AccessLogEntry } from './access-log-entry.ts';
import { EntryRedaction } from './entry-redaction.ts';
import { sampleEntry } from './testing/sample-entry.ts';

const entry: AccessLogEntry = { ...sampleEntry, subject: 'ada@shop.test' };

test('fields of the entry are hidden by their names, and only those that are there', () => {
  const redaction = new EntryRedaction(createRedaction(['client', 'Subject', 'consumer', 'status']));
  expect(redaction.entry(entry)).toEqual({ ...entry, client: '[hidden]', subject: '[hidden]' });
});

test('an entry with nothing to hide is not copied', () => {
  expect(new EntryRedaction(createRedaction()).entry(entry)).toBe(entry);
});

const secretNames = ['password', 'x-secret', 'api_token', 'Authorization', 'Set-Cookie', 'credentials', 'session_id'];
const moreSecretNames = ['X-Amz-Signature', 'private', 'key', 'api-key', 'apikey', 'x_api_key', 'sig', 'code', 'x-sig'];

test.each([...secretNames, ...moreSecretNames])('what answers of the API hide, logs hide too: %s', (name) => {
  expect(hideSecrets('endpoint', `/?${name}=planted`)).not.toContain('planted');
  expect(new EntryRedaction(createRedaction()).query(`${name}=planted`)).toBe(`${name}=[hidden]`);
});

test('segments with a secret name are hidden, as the names are now', () => {
  const names = createRedaction();
  const redaction = new EntryRedaction(names);
  const pattern = parsePathPattern('/users/{email}/reset/{token}');
  expect(redaction.path('/users/a@b/reset/abc', pattern)).toBe('/users/a@b/reset/[hidden]');
  names.setNames(['email']);
  redaction.renew();
  expect(redaction.path('/users/a@b/reset/abc', pattern)).toBe('/users/[hidden]/reset/[hidden]');
  expect(redaction.path('/users/a@b', undefined)).toBe('/users/a@b');
});
