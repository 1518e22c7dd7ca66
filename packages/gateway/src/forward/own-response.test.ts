import { errorCodes } from '@sluice/model';
import { describe, expect, test } from 'vitest';
import { errorResponse, writeOwnResponse } from './own-response.ts';
import type { AnswerContext, OwnResponse } from './own-response.ts';

const plain: AnswerContext = { method: 'GET', close: false, http10: false, added: '' };

/** The response as it goes over the wire, in lines and body. The Date, which differs, is checked and left away. */
function written(response: OwnResponse, context: Partial<AnswerContext> = {}) {
  const text = writeOwnResponse(response, { ...plain, ...context });
  const end = text.indexOf('\r\n\r\n');
  const lines = text.slice(0, end).split('\r\n');
  const [date] = lines.splice(
    lines.findIndex((line) => line.startsWith('Date: ')),
    1,
  );
  expect(new Date(date.slice(6)).toUTCString()).toBe(date.slice(6));
  return { lines, body: Buffer.from(text.slice(end + 4), 'latin1') };
}

describe('an own response', () => {
  test('has the fields it was given, its length and what is added', () => {
    const { lines, body } = written(
      { status: 405, headers: [['Allow', 'GET, HEAD']], contentType: 'text/plain', body: 'no' },
      { added: 'Via: 1.1 sluice\r\n' },
    );
    expect(lines).toEqual([
      'HTTP/1.1 405 Method Not Allowed',
      'Allow: GET, HEAD',
      'Content-Type: text/plain',
      'Content-Length: 2',
      'Via: 1.1 sluice',
    ]);
    expect(body.toString()).toBe('no');
  });

  test('counts bytes, not characters', () => {
    const { lines, body } = written({ status: 200, body: 'Grüße €' });
    expect(lines).toContain('Content-Length: 11');
    expect(body.toString('utf8')).toBe('Grüße €');
  });

  test('to HEAD has the length of the body but not the body', () => {
    const { lines, body } = written({ status: 200, body: 'Grüße' }, { method: 'HEAD' });
    expect(lines).toContain('Content-Length: 7');
    expect(body).toHaveLength(0);
  });

  test('without a body says so', () => {
    expect(written({ status: 200 }).lines).toContain('Content-Length: 0');
  });

  test.each([204, 304])('of status %i has neither length nor body', (status) => {
    const { lines, body } = written({ status, body: 'ignored' });
    expect(lines.join()).not.toContain('Content-Length');
    expect(body).toHaveLength(0);
  });

  test.each([
    { close: true, http10: false, connection: 'Connection: close' },
    { close: true, http10: true, connection: 'Connection: close' },
    { close: false, http10: true, connection: 'Connection: keep-alive' },
    { close: false, http10: false, connection: undefined },
  ])('says what becomes of the connection: close $close, HTTP/1.0 $http10', ({ close, http10, connection }) => {
    const { lines } = written({ status: 200 }, { close, http10 });
    expect(lines.find((line) => line.startsWith('Connection'))).toBe(connection);
  });

  test('of an unknown status has a reason all the same', () => {
    expect(written({ status: 299 }).lines[0]).toBe('HTTP/1.1 299 Unknown');
  });
});

describe('a gateway error', () => {
  const answer = (accept?: string) =>
    errorResponse({ code: 'BAD_GATEWAY', details: ['why'], traceId: 'trace-1', accept });

  test('is JSON in the one error shape', () => {
    const { status, contentType, body, headers } = answer();
    const timestamp = expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/) as string;
    expect({ status, contentType, headers }).toEqual({
      status: 502,
      contentType: 'application/json',
      headers: [['Cache-Control', 'no-store']],
    });
    expect(JSON.parse(body ?? '')).toEqual({
      error: {
        code: 'BAD_GATEWAY',
        message: errorCodes.BAD_GATEWAY.message,
        details: ['why'],
        traceId: 'trace-1',
        timestamp,
      },
    });
  });

  test('is text for who prefers it', () => {
    const { contentType, body } = answer('text/plain');
    expect(contentType).toBe('text/plain; charset=utf-8');
    expect(body).toBe(`BAD_GATEWAY: ${errorCodes.BAD_GATEWAY.message}\nwhy\ntrace trace-1\n`);
  });

  test.each([
    ['*/*', 'json'],
    ['', 'json'],
    ['image/png', 'json'],
    ['application/json, text/plain', 'json'],
    ['text/plain, application/json', 'text'],
    ['text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8', 'text'],
    ['text/html;q=0.1, application/json', 'json'],
    ['application/json;q=0.5, text/plain;q=0.6', 'text'],
    ['text/plain;q=0', 'json'],
    ['text/plain;q=nonsense', 'json'],
    ['TEXT/PLAIN', 'text'],
    ['text/*', 'text'],
  ])('for Accept %j is %s', (accept, kind) => {
    expect(answer(accept).contentType).toContain(kind === 'json' ? 'application/json' : 'text/plain');
  });

  test('that will pass says when to try again', () => {
    expect(errorResponse({ code: 'CIRCUIT_OPEN', traceId: '', accept: undefined }).headers).toContainEqual([
      'Retry-After',
      '1',
    ]);
  });

  test('keeps the time to try again that it is given', () => {
    const { headers } = errorResponse({
      code: 'CIRCUIT_OPEN',
      headers: [['Retry-After', '30']],
      traceId: '',
      accept: undefined,
    });
    expect(headers?.filter(([name]) => name === 'Retry-After')).toEqual([['Retry-After', '30']]);
  });
});
