import { expect, test } from 'vitest';
import { parseReferences, parseTemplate, secretsIn } from './template.ts';

test('text and variables alternate', () => {
  expect(parseTemplate('a-${requestId}-${clientIp}')).toEqual([
    { text: 'a-' },
    { variable: 'requestId' },
    { text: '-' },
    { variable: 'clientIp' },
  ]);
  expect(parseTemplate('plain $5')).toEqual([{ text: 'plain $5' }]);
});

test('an unknown variable is refused and the near one suggested', () => {
  expect(() => parseTemplate('${requestID2}')).toThrow('did you mean "requestId"?');
});

test('a secret is referred to by the name of a file', () => {
  const value = 'Bearer ${secret:shop/token}, ${requestId}';
  expect(parseTemplate(value)).toEqual([
    { text: 'Bearer ' },
    { secret: 'shop/token' },
    { text: ', ' },
    { variable: 'requestId' },
  ]);
  expect(parseReferences(value)).toEqual([{ text: 'Bearer ' }, { secret: 'shop/token' }, { text: ', ${requestId}' }]);
  expect(secretsIn(value)).toEqual(['shop/token']);
});

test.each([
  '${secret:}',
  '${secret:../token}',
  '${secret:/run/token}',
  'a ${secret:a/../b}',
  '${secret:a b}',
  '${secret:token',
])('%s is no reference, and is not sent as it is', (value) => {
  expect(() => parseTemplate(value)).toThrow(SyntaxError);
  expect(() => parseReferences(value)).toThrow(SyntaxError);
});
