import { expect } from 'vitest';
import { valuesOf } from '../kit/index.ts';
import type { RawResponse, ReceivedRequest, ScriptedOrigin } from '../kit/index.ts';
import { proofLine } from './play-case.ts';
import type { Played } from './play-case.ts';
import type { ExpectedAnswer, ExpectedHead, WireCase } from './wire-case.ts';

/** Holds what happened against what the case expects. */
export function checkCase(one: WireCase, played: Played, origin: ScriptedOrigin): void {
  answersOf(one).forEach((expected, index) => checkAnswer(expected, played.responses[index], played));
  if (one.answer === 'nothing' || one.refused !== undefined || one.closed === true) {
    expect(played.rest, 'bytes after the answer').toBe(one.rest ?? '');
  } else if (one.rest !== undefined) expect(played.rest, 'bytes after the answer').toBe(one.rest);
  if (one.closed === false)
    expect(played.proof, 'the connection is still usable').toMatchObject({ status: 200, complete: true });
  if (one.originAborted) expect(played.aborted).toBe(true);
  checkForwarded(one, withoutProof(one, origin.requests), origin);
  if (one.originConnections !== undefined)
    expect(origin.connections, 'connections to the origin').toBe(one.originConnections);
}

function answersOf({ answer, refused }: WireCase): ExpectedAnswer[] {
  if (refused !== undefined) return [{ error: refused }];
  if (answer === undefined || answer === 'nothing') return [];
  return Array.isArray(answer) ? answer : [answer];
}

function checkAnswer(expected: ExpectedAnswer, actual: RawResponse, played: Played): void {
  const shown = `${actual.line} ${actual.body.toString('latin1').slice(0, 400)}`;
  if (expected.status !== undefined) {
    const allowed = [expected.status].flat().map(Number);
    expect(allowed, `status of: ${shown}`).toContain(actual.status);
  }
  if (expected.error !== undefined) checkError([expected.error].flat(), actual);
  expect(actual.complete, `the answer is whole: ${shown}`).toBe(!expected.truncated);
  if (expected.bodyContains !== undefined) expect(actual.body.toString('latin1')).toContain(expected.bodyContains);
  if (expected.bodyLength !== undefined) expect(actual.body.length).toBe(expected.bodyLength);
  if (expected.interim !== undefined) expect(actual.interim.map(({ status }) => status)).toEqual(expected.interim);
  for (const text of expected.interimNowhere ?? [])
    for (const { lines } of actual.interim) expect(lines.join('\n')).not.toContain(text);
  if (expected.interimLines !== undefined)
    expect(actual.interim.flatMap(({ line, lines }) => [line, ...lines])).toEqual(expected.interimLines);
  if (expected.within !== undefined) expect(played.milliseconds).toBeLessThan(expected.within);
  checkHead(expected, actual);
}

/** The whole shape of a gateway error, so that no case can pass with a half of it. */
function checkError(codes: readonly string[], actual: RawResponse): void {
  const text = actual.body.toString();
  expect(valuesOf(actual.lines, 'content-type').join(), text).toMatch(/^application\/json/);
  const { error } = JSON.parse(text) as { error: Record<string, unknown> };
  expect(codes, text).toContain(error.code);
  expect(Object.keys(error).toSorted()).toEqual(['code', 'details', 'message', 'timestamp', 'traceId']);
  expect(error.message).toMatch(/\w/);
  expect(error.details).toBeInstanceOf(Array);
  expect(error.traceId).toMatch(/^[\w-]{8,64}$/);
  expect(new Date(String(error.timestamp)).toISOString()).toBe(error.timestamp);
  expect(actual.status, text).toBe(statusOf[String(error.code)]);
}

const statusOf: Record<string, number> = {
  MALFORMED_REQUEST: 400,
  UPGRADE_REFUSED: 400,
  UNAUTHORIZED: 401,
  FORBIDDEN: 403,
  NOT_FOUND: 404,
  METHOD_NOT_ALLOWED: 405,
  REQUEST_TIMEOUT: 408,
  BODY_TOO_LARGE: 413,
  URI_TOO_LONG: 414,
  EXPECTATION_FAILED: 417,
  UNSUPPORTED_WEBSOCKET_VERSION: 426,
  CONCURRENCY_LIMIT_EXCEEDED: 429,
  RATE_LIMIT_EXCEEDED: 429,
  HEADERS_TOO_LARGE: 431,
  UNSUPPORTED_TRANSFER_CODING: 501,
  BAD_GATEWAY: 502,
  BAD_RESPONSE: 502,
  GATEWAY_TIMEOUT: 504,
  UNSUPPORTED_VERSION: 505,
  LOOP_DETECTED: 508,
};

function checkForwarded(one: WireCase, requests: readonly ReceivedRequest[], origin: ScriptedOrigin): void {
  const expected = one.forwarded ?? (one.refused === undefined ? undefined : 'nothing');
  if (expected === undefined) return;
  const complete = requests.filter((request) => request.complete);
  if (expected === 'nothing') {
    expect(requests).toEqual([]);
    if (one.closed !== false) expect(origin.received, 'what the origin received').toBe('');
    return;
  }
  if (expected === 'incomplete')
    return expect(
      complete.map(({ line }) => line),
      'complete requests',
    ).toEqual([]);
  if (!Array.isArray(expected) && expected.absentLine !== undefined) {
    return expect(requests.map(({ line }) => line)).not.toContain(expected.absentLine);
  }
  const list = [expected].flat();
  expect(
    complete.map(({ line }) => line),
    'requests at the origin',
  ).toHaveLength(list.length);
  list.forEach((head, index) => checkHead(head, complete[index]));
}

function checkHead(expected: ExpectedHead, actual: RawResponse | ReceivedRequest): void {
  if (expected.line !== undefined) expect(actual.line).toBe(expected.line);
  for (const [name, value] of Object.entries(expected.headers ?? {}))
    checkValues(name, value, valuesOf(actual.lines, name));
  for (const [name, value] of Object.entries(expected.list ?? {})) {
    checkValues(name, value, [valuesOf(actual.lines, name).join(', ')]);
  }
  for (const [name, value] of Object.entries(expected.set ?? {})) {
    const items = (list: string): string[] => list.split(/\s*,\s*/).toSorted();
    expect(items(valuesOf(actual.lines, name).join(',')), name).toEqual(items(value));
  }
  for (const name of expected.absent ?? []) expect(valuesOf(actual.lines, name), `no ${name}`).toEqual([]);
  if (expected.lines !== undefined)
    expect(actual.lines.filter((line) => expected.lines!.includes(line))).toEqual(expected.lines);
  const whole = [actual.line, ...actual.lines, ...actual.trailers].join('\r\n');
  for (const text of expected.nowhere ?? []) {
    expect(text.length, `"${text}" may be part of a random request id`).toBeGreaterThan(4);
    expect(whole + actual.body.toString('latin1')).not.toContain(text);
  }
  if (expected.body !== undefined) expect(actual.body.toString('latin1')).toBe(expected.body);
  if (expected.framing !== undefined) expect(actual.framing).toBe(expected.framing);
  if (expected.trailers !== undefined) expect(actual.trailers).toEqual(expected.trailers);
}

function checkValues(name: string, expected: string | string[], actual: readonly string[]): void {
  if (Array.isArray(expected)) return expect(actual, name).toEqual(expected);
  expect(actual, `one ${name}`).toHaveLength(1);
  const pattern = /^\/(.*)\/(i?)$/.exec(expected);
  if (pattern) expect(actual[0], name).toMatch(new RegExp(pattern[1], pattern[2]));
  else expect(actual[0], name).toBe(expected);
}

/** The request that proves the connection usable is none of the case's own. */
function withoutProof({ closed }: WireCase, requests: readonly ReceivedRequest[]): readonly ReceivedRequest[] {
  return closed === false ? requests.filter(({ line }) => line !== proofLine) : requests;
}
