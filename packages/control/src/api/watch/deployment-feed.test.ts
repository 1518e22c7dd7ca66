import { expect, test } from 'vitest';
import type { Deployments } from '../../deployment/index.ts';
import { planned } from '../../deployment/testing/parts.ts';
import { StoreUnavailableError } from '../../store/index.ts';
import { DeploymentFeed } from './deployment-feed.ts';

test('what could not be read is read again by whoever comes next', async () => {
  let isAway = true;
  let reads = 0;
  const read = async <T>(value: T): Promise<T> => {
    reads++;
    if (isAway) throw new StoreUnavailableError('away');
    return value;
  };
  const deployment = planned({ strategy: 'Canary' });
  const deployments = { get: () => read(deployment), events: () => read([]) } as unknown as Deployments;
  const feed = new DeploymentFeed(deployments, deployment.deploymentId);
  await expect(feed.deployment()).rejects.toThrow(StoreUnavailableError);
  await expect(feed.eventsAfter(0)).rejects.toThrow(StoreUnavailableError);
  isAway = false;
  expect(await feed.deployment()).toBe(deployment);
  expect(await feed.eventsAfter(0)).toEqual([]);
  expect(await feed.deployment()).toBe(deployment);
  expect(reads).toBe(4);
});
