import { expect, test } from 'vitest';
import { shownUrl, withoutSecrets } from './shown-url.ts';

test.each([
  ['sqlite:.sluice/sluice.db', 'sqlite:.sluice/sluice.db'],
  ['memory:', 'memory:'],
  ['postgres://db/sluice', 'postgres://db/sluice'],
  ['postgres://me:p@ss/w@db:5432/sluice?sslpassword=x', 'postgres://db:5432/sluice'],
  ['mongodb+srv://me:secret@a.example,b.example/sluice?w=1', 'mongodb+srv://a.example,b.example/sluice'],
  ['rediss://:secret@cache', 'rediss://cache'],
])('%s is shown as %s', (url, shown) => {
  expect(shownUrl(url)).toBe(shown);
});

test.each([
  [
    'postgres://me:p%40ss@db',
    'no p@ss, no p%40ss, not postgres://me:p%40ss@db',
    'no [hidden], no [hidden], not postgres://db',
  ],
  ['postgres://me:100%@db', 'no 100%', 'no [hidden]'],
  ['postgres://me@db', 'refused', 'refused'],
  ['memory:', 'as it is', 'as it is'],
])('%s: %s', (url, text, shown) => {
  expect(withoutSecrets(text, url)).toBe(shown);
});
