import { expect, test } from 'vitest';
import { parseTemplate } from './template.ts';

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
