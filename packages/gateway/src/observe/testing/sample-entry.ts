import type { AccessLogEntry } from '../access-log-entry.ts';

/** An entry with only the fields that every entry has. */
export const sampleEntry: AccessLogEntry = {
  method: 'GET',
  path: '/users/1',
  protocol: 'HTTP/1.1',
  host: 'shop.test',
  status: 200,
  durationMs: 1.23456,
  bytesSent: 10,
  attempts: 1,
  client: '192.0.2.1',
  requestId: 'r-1',
  revision: 3,
};
