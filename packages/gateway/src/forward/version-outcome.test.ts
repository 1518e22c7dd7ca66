import { errorCodes } from '@sluice/model/errors';
import { describe, expect, test } from 'vitest';
import { versionOutcome } from './version-outcome.ts';

const answered = { status: 200, errorCode: undefined, aborted: false, ownAnswer: false };

describe('an answer of a backend', () => {
  test.each([
    [101, 'answered'],
    [200, 'answered'],
    [304, 'answered'],
    [399, 'answered'],
    [400, 'clientError'],
    [404, 'clientError'],
    [499, 'clientError'],
    [500, 'failed'],
    [503, 'failed'],
    [999, 'failed'],
  ])('with status %i: %s', (status, outcome) => {
    expect(versionOutcome({ ...answered, status })).toBe(outcome);
  });

  test('that breaks off is a failure, whatever it began with', () => {
    expect(versionOutcome({ ...answered, errorCode: 'BAD_GATEWAY' })).toBe('failed');
  });
});

test('a client that leaves says nothing about the version, neither before nor within the answer', () => {
  expect(versionOutcome({ ...answered, status: 499, aborted: true })).toBe('aborted');
  expect(versionOutcome({ ...answered, status: 500, aborted: true })).toBe('aborted');
});

describe('an answer that a policy gives', () => {
  test.each([
    [204, 'ownAnswer'],
    [302, 'ownAnswer'],
    [401, 'rejected'],
    [429, 'rejected'],
    [503, 'failed'],
  ])('with status %i: %s', (status, outcome) => {
    expect(versionOutcome({ ...answered, status, ownAnswer: true })).toBe(outcome);
  });
});

test('an error of the gateway is a failure when backends, or what policies ask, cause it; otherwise it is a refusal', () => {
  const outcomes = Object.values(errorCodes).map(({ code, status }) => [
    code,
    versionOutcome({ status, errorCode: code, aborted: false, ownAnswer: true }),
  ]);
  // Each code is named here, so that a new one is thought about.
  expect(Object.fromEntries(outcomes)).toEqual({
    MALFORMED_REQUEST: 'rejected',
    HEADERS_TOO_LARGE: 'rejected',
    URI_TOO_LONG: 'rejected',
    BODY_TOO_LARGE: 'rejected',
    REQUEST_TIMEOUT: 'rejected',
    METHOD_NOT_ALLOWED: 'rejected',
    EXPECTATION_FAILED: 'rejected',
    UNSUPPORTED_TRANSFER_CODING: 'rejected',
    UNSUPPORTED_VERSION: 'rejected',
    UPGRADE_REFUSED: 'rejected',
    UNSUPPORTED_WEBSOCKET_VERSION: 'rejected',
    TOO_MANY_WEBSOCKETS_OF_CLIENT: 'rejected',
    SHARE_EXCEEDED: 'rejected',
    UNAUTHORIZED: 'rejected',
    FORBIDDEN: 'rejected',
    RATE_LIMIT_EXCEEDED: 'rejected',
    CONCURRENCY_LIMIT_EXCEEDED: 'rejected',
    CLIENT_CLOSED: 'rejected',
    NOT_FOUND: 'rejected',
    LOOP_DETECTED: 'rejected',
    AUTHENTICATION_UNAVAILABLE: 'failed',
    RATE_LIMIT_UNAVAILABLE: 'failed',
    SERVICE_UNAVAILABLE: 'rejected',
    TOO_MANY_REQUESTS_IN_FLIGHT: 'rejected',
    TOO_MANY_WEBSOCKETS: 'rejected',
    NO_BACKEND_AVAILABLE: 'failed',
    CIRCUIT_OPEN: 'failed',
    INTERNAL_SERVER_ERROR: 'failed',
    POOL_EXHAUSTED: 'failed',
    BAD_GATEWAY: 'failed',
    BAD_RESPONSE: 'failed',
    GATEWAY_TIMEOUT: 'failed',
  });
});
