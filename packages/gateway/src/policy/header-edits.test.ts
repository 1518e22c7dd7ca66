import { describe, expect, test } from 'vitest';
import { headerEdits } from './header-edits.ts';
import { recordedEdits, recordedRequest } from './testing/recorded-request.ts';

const nothing = { addHeaders: {}, removeHeaders: [] };

describe('headerEdits', () => {
  test('is no policy at all when there is nothing to edit', () => {
    expect(headerEdits({ request: nothing, response: nothing })).toBeUndefined();
  });

  test('looks only at the side that it edits', () => {
    const edits = { addHeaders: { a: 'b' }, removeHeaders: [] };
    const ofRequest = headerEdits({ request: edits, response: nothing });
    expect([ofRequest?.onRequest === undefined, ofRequest?.onResponse === undefined]).toEqual([false, true]);
    const ofResponse = headerEdits({ request: nothing, response: edits });
    expect([ofResponse?.onRequest === undefined, ofResponse?.onResponse === undefined]).toEqual([true, false]);
  });

  test('removes first and adds then, so that a field can be replaced', () => {
    const request = recordedRequest();
    const policy = headerEdits({
      request: { addHeaders: { 'X-A': '1', 'X-B': '' }, removeHeaders: ['x-a', 'Cookie'] },
      response: nothing,
    });
    expect(policy?.onRequest?.(request)).toBeUndefined();
    expect(request.done).toEqual(['remove x-a', 'remove Cookie', 'set X-A: 1', 'set X-B: ']);
  });

  test.each([
    ['${requestId}', 'id-1'],
    ['${clientIp}', '192.0.2.1'],
    ['${routeName}', 'users'],
    ['${latencyMs}', '12.3'],
    ['req-${requestId}; from ${clientIp} ', 'req-id-1; from 192.0.2.1 '],
    ['$requestId {requestId} ${', '$requestId {requestId} ${'],
  ])('fills in %s as %s', (template, expected) => {
    const request = recordedRequest();
    void headerEdits({ request: { addHeaders: { x: template }, removeHeaders: [] }, response: nothing })?.onRequest?.(
      request,
    );
    expect(request.done).toEqual([`set x: ${expected}`]);
  });

  test('does not fill in what a value brings along', () => {
    const request = recordedRequest({ requestId: '${clientIp}' });
    const edits = { addHeaders: { x: '${requestId}' }, removeHeaders: [] };
    void headerEdits({ request: edits, response: nothing })?.onRequest?.(request);
    expect(request.done).toEqual(['set x: ${clientIp}']);
  });

  test('edits the response, not the request, when told so', () => {
    const request = recordedRequest();
    const done: string[] = [];
    const response = { status: 200, header: () => undefined, ...recordedEdits(done) };
    const edits = { addHeaders: { 'X-Took': '${latencyMs}' }, removeHeaders: ['Server'] };
    headerEdits({ request: nothing, response: edits })?.onResponse?.(request, response);
    expect(done).toEqual(['remove Server', 'set X-Took: 12.3']);
    expect(request.done).toEqual([]);
  });

  test('refuses variables that it does not know when it is made', () => {
    const edits = { addHeaders: { x: '${secret}' }, removeHeaders: [] };
    expect(() => headerEdits({ request: edits, response: nothing })).toThrow(SyntaxError);
  });
});
