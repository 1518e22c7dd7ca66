import { beforeEach, expect, test } from 'vitest';
import { createMemoryStore } from '../store/index.ts';
import * as collections from './collections.ts';
import type { Configuration } from './configuration.ts';
import { ConfigurationConflictError, NotFoundError, ValidationError } from './errors.ts';
import { createModelReader } from './model-reader.ts';
import { createRouteVersions } from './route-versions.ts';
import type { RouteVersions } from './route-versions.ts';
import { openConfiguration } from './stored-configuration.ts';

const by = { author: { kind: 'user', name: 'ada' } } as const;
const route = { name: 'a', backends: [{ name: 'a', url: 'http://10.0.0.1:80' }] };
let versions: RouteVersions;
let configuration: Configuration;

beforeEach(async () => {
  let now = Date.UTC(2026, 0, 1);
  const store = createMemoryStore(Object.values(collections));
  const reader = createModelReader({ listeners: [], backendIds: () => [] });
  const clock = () => (now += 1000);
  const gate = async () => [];
  configuration = await openConfiguration({ store, reader, clock, newLineage: () => 'one', gate });
  await configuration.createRoute(route, by);
  versions = createRouteVersions({ store, configuration, reader, clock });
});

test('a version is kept whole, and nothing goes live', async () => {
  const made = await versions.create({ routeId: 'a', configVersion: '2.0', route: { ...route, priority: 5 } }, by);
  expect(made).toMatchObject({ configVersion: '2.0', createdBy: 'ada', document: { priority: 5, timeoutSeconds: 30 } });
  expect(await versions.get('a', '2.0')).toEqual(made);
  expect(configuration.revision).toBe(1);
  expect(configuration.route('a')!.document['priority']).toBe(0);
});

test('versions are listed newest first', async () => {
  for (const configVersion of ['1', '2', '3']) await versions.create({ routeId: 'a', configVersion, route }, by);
  const { items, total } = await versions.list('a', { limit: 2, offset: 0 });
  expect(total).toBe(3);
  expect(items.map(({ configVersion }) => configVersion)).toEqual(['3', '2']);
});

test('a taken name, an invalid route and an unknown one are told apart', async () => {
  const version = { routeId: 'a', configVersion: '1', route };
  await versions.create(version, by);
  await expect(versions.create(version, by)).rejects.toThrow(ConfigurationConflictError);
  await expect(
    versions.create({ ...version, configVersion: '2', route: { ...route, priority: -1 } }, by),
  ).rejects.toThrow(ValidationError);
  await expect(
    versions.create({ ...version, configVersion: '2', route: { ...route, routeId: 'b' } }, by),
  ).rejects.toThrow(/the same route/);
  await expect(versions.create({ ...version, routeId: 'b' }, by)).rejects.toThrow(NotFoundError);
  await expect(versions.list('b', { limit: 1, offset: 0 })).rejects.toThrow(NotFoundError);
  await expect(versions.get('a', '9')).rejects.toThrow(NotFoundError);
});

test('a dry run checks and keeps nothing', async () => {
  await versions.create({ routeId: 'a', configVersion: '1', route }, { ...by, dryRun: true });
  await expect(versions.get('a', '1')).rejects.toThrow(NotFoundError);
});
