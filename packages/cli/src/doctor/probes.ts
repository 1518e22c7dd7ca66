import { pendingMigrations, allCollections } from '@sluice/control';
import { probePort } from '@sluice/service';
import { probeRedis } from '@sluice/service/redis';
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { askAddress } from './ask-address.ts';
import { askControl } from './ask-control.ts';
import type { Probes } from './check.ts';

/** Looks at this machine and at the network. */
export const realProbes: Probes = {
  nodeVersion: process.versions.node,
  readSystem: (path) => readFile(path, 'utf8').catch(() => undefined),
  wallClock: () => Date.now(),
  monotonicClock: () => performance.now(),
  probePort,
  pendingMigrations: (url) => pendingMigrations({ url, collections: allCollections }),
  probeRedis: (redis) => probeRedis(redis),
  askControl,
  askHelper: async (url, caFile, cwd) => {
    const ca = caFile === undefined ? {} : { ca: await readFile(resolve(cwd, caFile), 'utf8') };
    return askAddress(new URL(url), ca);
  },
};
