import { parseConfig } from '@sluice/model';
import { expect, test } from 'vitest';
import { secretsIn, WorkerLogging } from './worker-logging.ts';

const settings = { level: 'info', redact: [], secrets: [] } as const;

test('what the configuration names and holds is hidden, and what it names no more is shown again', () => {
  const logging = new WorkerLogging();
  logging.use({ ...settings, redact: ['email'], secrets: ['planted/secret'] });
  expect(logging.entries.query('email=a&q=planted/secret')).toBe('email=[hidden]&q=[hidden]');
  expect(logging.entries.path('/a/planted%2Fsecret', undefined)).toBe('/a/[hidden]');
  logging.use(settings);
  expect(logging.entries.query('email=a')).toBe('email=a');
});

test('workers write lines of the level debug only while it is the level', () => {
  const logging = new WorkerLogging();
  expect(logging.isDebugging).toBe(false);
  logging.use({ ...settings, level: 'debug' });
  expect(logging.isDebugging).toBe(true);
});

test('the places where a route and its candidate expect credentials are hidden', () => {
  const parsed = parseConfig({
    routes: [
      {
        name: 'a',
        backends: [{ name: 'a', url: 'http://127.0.0.1:9' }],
        authentication: {
          methods: [
            { type: 'apiKey', query: 'k' },
            { type: 'jwt', cookie: 'shop_id', secretFile: 's', algorithms: ['HS256'] },
            { type: 'jwt', header: 'X-Who', secretFile: 's', algorithms: ['HS256'] },
          ],
        },
      },
    ],
  });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  const [route] = parsed.config.routes;
  const logging = new WorkerLogging();
  logging.hideCredentials({ split: { candidate: route } as never });
  expect(logging.entries.query('k=1&shop_id=2&kk=3')).toBe('k=[hidden]&shop_id=[hidden]&kk=3');
  expect(logging.entries.header('x-who', 'a')).toBe('[hidden]');
});

test('a secret in a file is one line; a key or a table of users is not looked for as a whole', () => {
  const file = { kind: 'secret', name: 's' } as const;
  expect(secretsIn({ ...file, text: 'planted-secret\n' })).toEqual(['planted-secret']);
  expect(secretsIn({ ...file, kind: 'credentials', text: 'planted-secret' })).toEqual(['planted-secret']);
  expect(secretsIn({ ...file, text: 'one\ntwo' })).toEqual([]);
  expect(secretsIn({ ...file, text: 'x'.repeat(8193) })).toEqual([]);
  expect(secretsIn({ ...file, text: undefined })).toEqual([]);
  expect(secretsIn({ kind: 'authorities', name: 'a', text: 'planted-secret' })).toEqual([]);
});
