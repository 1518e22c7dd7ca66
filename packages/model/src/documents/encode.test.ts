import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { backendConfig } from '../config/backend-config.ts';
import type { BackendConfig } from '../config/backend-config.ts';
import { encodeBackend, encodeRoute } from './encode.ts';
import type { JsonObject } from '../values/json-value.ts';
import { minimalBackend, minimalRoute } from './minimal.ts';
import { parseBackend } from '../check/parse-backend.ts';
import { parseRoute } from '../check/parse-route.ts';
import { routeConfig } from '../config/route-config.ts';
import type { RouteConfig } from '../config/route-config.ts';
import { backendDocument, routeDocument } from '../testing/arbitrary-documents.ts';

const shared = ['shared.1', 'shared.2'].map((name) => backend({ name, url: `http://${name}.internal:9000` }));

function backend(document: JsonObject): BackendConfig {
  const result = parseBackend(document);
  if (!result.ok) throw new Error(JSON.stringify({ document, problems: result.problems }));
  return result.backend;
}

function route(document: JsonObject): RouteConfig {
  const result = parseRoute(document, { backends: (id) => shared.find(({ backendId }) => backendId === id) });
  if (!result.ok) throw new Error(JSON.stringify({ document, problems: result.problems }));
  return result.route;
}

const documents = routeDocument(shared.map(({ backendId }) => backendId));

test('a route that is written out is read back as the same route', () => {
  fc.assert(
    fc.property(documents, (document) => {
      const read = route(document);
      expect(route(encodeRoute(read))).toEqual(read);
    }),
  );
});

test('a shared backend that is written out is read back as the same backend', () => {
  fc.assert(
    fc.property(backendDocument, (document) => {
      const read = backend(document);
      expect(backend(encodeBackend(read))).toEqual(read);
    }),
  );
});

test('what is written out is what the schemas themselves would write', () => {
  fc.assert(
    fc.property(documents, (document) => {
      const written = encodeRoute(route(document));
      expect(written).toStrictEqual(
        z.encode(routeConfig, z.decode(routeConfig, written as z.input<typeof routeConfig>)),
      );
    }),
  );
  fc.assert(
    fc.property(backendDocument, (document) => {
      const read = backend(document);
      expect(encodeBackend(read)).toStrictEqual(z.encode(backendConfig, read));
    }),
  );
});

test('without what equals its default a document means the same, and there is nothing left to leave out', () => {
  fc.assert(
    fc.property(documents, (document) => {
      const read = route(document);
      const minimal = minimalRoute(document);
      expect(route(minimal)).toEqual(read);
      expect(minimalRoute(encodeRoute(read))).toEqual(minimalRoute(encodeRoute(route(minimal))));
      expect(minimalRoute(minimal)).toEqual(minimal);
    }),
  );
  fc.assert(
    fc.property(backendDocument, (document) => {
      expect(backend(minimalBackend(document))).toEqual(backend(document));
    }),
  );
});

test('a document has every default, durations as text, and names shared backends', () => {
  const own = { name: 'a', url: 'http://127.0.0.1:9001', timeouts: { readTimeout: '1.5s' } };
  const document = encodeRoute(route({ name: 'users', backends: [own, { backendId: 'shared.1' }], retryPolicy: {} }));
  expect(document).toMatchObject({
    name: 'users',
    routeId: 'users',
    pathPattern: '/**',
    timeoutSeconds: 30,
    retryPolicy: { initialDelay: '100ms', maxDelay: '2s' },
    ejection: { ejectionTime: '30s' },
    backends: [
      { name: 'a', weight: 100, timeouts: { readTimeout: '1500ms' }, connectionPool: { maxIdleTime: '5m' } },
      { backendId: 'shared.1' },
    ],
  });
  expect(JSON.stringify(document)).not.toContain('~');
});

test('what is written as it is read is not copied', () => {
  const read = route({
    name: 'users',
    backends: [{ backendId: 'shared.1' }],
    transformations: { request: {}, response: {} },
  });
  expect(encodeRoute(read)['transformations']).toBe(read.transformations);
});

test('what is left of a document after its defaults is what somebody would write', () => {
  const written = {
    name: 'users',
    hosts: ['api.example.com'],
    backends: [{ name: 'a', url: 'http://127.0.0.1:9001', healthCheck: {} }, { backendId: 'shared.1' }],
    circuitBreaker: {},
    ejection: { ejectionTime: '1m' },
  };
  expect(minimalRoute(encodeRoute(route(written)))).toEqual(written);
  expect(minimalRoute({ ...written, ejection: { ejectionTime: 'PT30S' } })).not.toHaveProperty('ejection');
  expect(minimalBackend(encodeBackend(shared[0]))).toEqual({ name: 'shared.1', url: 'http://shared.1.internal:9000' });
});
