import { describe, expect, test } from 'vitest';
import type { ApiKeyMethodConfig } from '@sluice/model';
import { recordedRequest } from '../testing/recorded-request.ts';
import { apiKey, takeOffKeys } from './api-key.ts';
import type { FoundConsumer, UnknownConsumer } from '../../state/index.ts';
import type { ConsumerLookup } from './consumer-lookup.ts';

const shop = {
  consumerId: 'shop',
  name: 'Shop',
  organization: 'acme',
  tier: 'gold',
  scopes: ['read'],
  roles: [],
  permissions: [],
};
const answers: Record<string, FoundConsumer | UnknownConsumer> = {
  good: { ...shop, keyId: 'k-1' },
  old: 'expired',
  off: 'disabled',
};

/** What the method says of a request with these values of X-API-Key and this query, and which keys were looked up. */
function saidOf(config: Omit<ApiKeyMethodConfig, 'type'>, { keys = [] as string[], query = '' }) {
  const lookedUp: string[] = [];
  const consumers: ConsumerLookup = {
    bySubject: () => 'unknown',
    peek: (key) => answers[key] ?? 'unknown',
    find: (key) => {
      lookedUp.push(key);
      return answers[key] ?? 'unknown';
    },
  };
  const method = apiKey({ type: 'apiKey', ...config }, consumers);
  const said = method.identify(
    recordedRequest({
      query,
      header: (name) => (name === 'x-api-key' ? keys[0] : undefined),
      isRepeated: () => keys.length > 1,
    }),
  );
  return { said, lookedUp, method };
}

test('a key in the header is a consumer', () => {
  const { said } = saidOf({}, { keys: ['good'] });
  expect(said).toEqual({
    identity: {
      method: 'apiKey',
      subject: 'shop',
      consumerId: 'shop',
      keyId: 'k-1',
      organization: 'acme',
      tier: 'gold',
      scopes: ['read'],
      roles: [],
      permissions: [],
      claims: { name: 'Shop' },
    },
  });
});

test.each(['api_key=good', 'a=1&api%5Fkey=g%6fod&b', 'API_KEY=good'])('so is one in the query: %s', (query) => {
  expect(saidOf({ query: 'api_key' }, { query }).said).toMatchObject({ identity: { consumerId: 'shop' } });
});

test.each([
  ['no key at all', {}],
  ['a key in the query where it is not looked for', { query: 'x-api-key=good&X-API-Key=good' }],
])('a request with %s is for the next method', (_name, request) => {
  expect(saidOf({}, request).said).toBeUndefined();
});

const both = { header: 'X-API-Key', query: 'key' };

test.each([
  ['two headers', { keys: ['good', 'good'] }],
  ['a header and a parameter', { keys: ['good'], query: 'key=good' }],
  ['two parameters', { query: 'key=good&key=good' }],
  ['two spellings of a parameter', { query: 'key=good&k%65y=old' }],
  ['an empty header', { keys: [''] }],
  ['an empty parameter', { query: 'key=' }],
  ['a parameter without a value', { query: 'a=1&key' }],
  ['a header of 8 KB', { keys: ['k'.repeat(8192)] }],
  ['a parameter of 513 characters', { query: `key=${'k'.repeat(513)}` }],
])('%s: refused, and nothing is looked up', (_name, request) => {
  const { said, lookedUp } = saidOf(both, request);
  expect(said).toHaveProperty('refused');
  expect(lookedUp).toEqual([]);
});

describe('a key that is unknown, expired or disabled', () => {
  test.each(['who', 'old', 'off', 'g\u00f6od', 'good '])('is refused, and the client is not told why: %s', (key) => {
    const { said, lookedUp, method } = saidOf({}, { keys: [key] });
    expect(said).toHaveProperty('refused');
    // The same calls for known and unknown keys.
    expect(lookedUp).toEqual([key]);
    expect(method.challenge('the API key is expired')).toBe('ApiKey realm="api"');
    expect(method.challenge(undefined)).toBe('ApiKey realm="api"');
  });
});

test('keys are taken off the request, in every spelling', () => {
  const take = (query: string, config: Omit<ApiKeyMethodConfig, 'type'> = both) => {
    const request = recordedRequest({ query });
    takeOffKeys({ type: 'apiKey', ...config })(request);
    return request.done;
  };
  expect(take('')).toEqual(['remove X-API-Key']);
  expect(take('', {})).toEqual(['remove X-API-Key']);
  expect(take('a=1&b=%20')).toEqual(['remove X-API-Key']);
  expect(take('key=1')).toEqual(['remove X-API-Key', 'query ']);
  expect(take('a=%31&KEY=1&&%6Bey&b=2&ke%79=x=y', { query: 'key' })).toEqual(['query a=%31&&b=2']);
});
