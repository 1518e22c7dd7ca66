import { expect, test } from 'vitest';
import { parseLoad, requestFile } from './wrk.ts';

const output = `Running 2s test @ http://127.0.0.1:1/
  1 threads and 64 connections
RESULT {"requests":1000,"micros":2000000,"bytes":1,"p50":900,"p99":2500,"max":9000,"connect":1,"read":2,"write":0,"status":3,"timeout":4}
`;

test('what wrk measured is read from its result line', () => {
  expect(parseLoad(output)).toEqual({ requests: 1000, seconds: 2, p50Micros: 900, p99Micros: 2500, errors: 10 });
});

test('no result is an error that shows what was printed', () => {
  expect(() => parseLoad('unable to connect to 127.0.0.1:1')).toThrow('unable to connect');
});

test('requests are kept byte for byte between the separators', () => {
  expect(requestFile(['GET / HTTP/1.1\r\n\r\n', 'POST /\r\n\r\nab'])).toBe(
    'GET / HTTP/1.1\r\n\r\n\n%%\nPOST /\r\n\r\nab\n%%\n',
  );
});
