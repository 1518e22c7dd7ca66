import { Validator } from '@seriousme/openapi-schema-validator';
import { expect, test } from 'vitest';
import { openApiDocument } from './open-api-document.ts';
import { operationList } from './operations.ts';

type Node = { [key: string]: Node };
const document = openApiDocument({ version: '1.2.3' }) as unknown as Node;

test('is a valid OpenAPI 3.1 document', async () => {
  const result = await new Validator().validate(structuredClone(document));
  expect(result).toEqual({ valid: true });
});

test('is the same each time it is made', () => {
  expect(JSON.stringify(openApiDocument({ version: '1.2.3' }))).toBe(JSON.stringify(document));
});

test('has every operation once, and every reference leads to a component', () => {
  const ids = Object.values(document['paths']).flatMap((item) =>
    Object.values(item).map(({ operationId }) => operationId as unknown as string),
  );
  expect(ids.toSorted()).toEqual(operationList.map(({ id }) => id).toSorted());
  const names = new Set(Object.keys(document['components']['schemas']));
  const references = [...JSON.stringify(document).matchAll(/"\$ref":"([^"]*)"/g)].map(([, target]) => target);
  expect(references.length).toBeGreaterThan(100);
  expect(references.filter((target) => !names.has(target.replace('#/components/schemas/', '')))).toEqual([]);
});

test('says what an answer always has, and what a request may leave out', () => {
  const schemas = document['components']['schemas'] as unknown as Record<string, { required?: string[] }>;
  expect(schemas['Route'].required).toEqual(expect.arrayContaining(['routeId', 'timeoutSeconds', 'createdAt']));
  expect(schemas['RouteInput'].required).toEqual(['name', 'backends']);
  expect(schemas['RoutePatch'].required).toBeUndefined();
});

test('describes limits, dry runs, idempotency and conditions where they apply', () => {
  const update = document['paths']['/api/v1/gateway/routes/{routeId}']['put'];
  const names = (update['parameters'] as unknown as { name: string }[]).map(({ name }) => name);
  expect(names).toEqual(['routeId', 'dryRun', 'emergency', 'reason', 'If-Match', 'traceparent']);
  expect(Object.keys(update['responses'])).toEqual(
    expect.arrayContaining(['200', '400', '401', '403', '404', '409', '412', '413', '415', '429', '503']),
  );
  expect(Object.keys(update['responses']['429']['headers'])).toContain('Retry-After');
});

test('has only patterns that JavaScript, Python and Rust read alike', () => {
  const patterns = new Set<string>();
  JSON.stringify(document, (key, value: unknown) => {
    if (key === 'pattern' && typeof value === 'string') patterns.add(value);
    return value;
  });
  expect(patterns.size).toBeGreaterThan(15);
  for (const pattern of patterns) {
    expect(() => new RegExp(pattern, 'u'), pattern).not.toThrow();
    // Classes by property, named groups, and surrogates are written differently or are refused.
    expect(pattern).not.toMatch(/\\[pPk]|\(\?<|\\u[dD][89a-fA-F]/);
  }
});

test('links what is created to what can be done with it', () => {
  const linksOf = (path: string, method: string, status: string): Node =>
    document['paths'][`/api/v1/gateway${path}`][method]['responses'][status]['links'];
  expect(linksOf('/routes', 'post', '201')).toMatchObject({
    getRoute: { operationId: 'getRoute', parameters: { routeId: '$response.body#/routeId' } },
    updateRoute: {},
    deleteRoute: {},
    createRouteVersion: {},
  });
  expect(linksOf('/backends', 'post', '201')).toMatchObject({
    getBackend: {},
    getBackendHealth: {},
    deleteBackend: {},
  });
  expect(linksOf('/deployments', 'post', '201')).toMatchObject({ getDeployment: {}, promoteDeployment: {} });
  expect(linksOf('/users', 'post', '201')).toMatchObject({ getUser: {}, updateUser: {}, listSessions: {} });
  expect(linksOf('/api-keys', 'post', '201')).toMatchObject({ getApiKey: {}, deleteApiKey: {} });
  expect(linksOf('/consumers', 'post', '201')).toMatchObject({ getConsumer: {}, createConsumerKey: {} });
  expect(linksOf('/consumers/{consumerId}/keys', 'post', '201')).toEqual({
    deleteConsumerKey: {
      operationId: 'deleteConsumerKey',
      parameters: { consumerId: '$request.path.consumerId', keyId: '$response.body#/consumerKey/keyId' },
    },
    getConsumer: expect.anything() as Node,
    updateConsumer: expect.anything() as Node,
    deleteConsumer: expect.anything() as Node,
    listConsumerKeys: expect.anything() as Node,
    createConsumerKey: expect.anything() as Node,
  });
});
