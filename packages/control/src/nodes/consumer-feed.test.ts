import { systemClock } from '@sluice/service';
import { expect, test } from 'vitest';
import { byAdmin, openAccess } from '../access/testing/open-access.ts';
import { createProcessBus } from '../bus/index.ts';
import { ConsumerFeed } from './consumer-feed.ts';

/** A clock on which nothing ever comes due, so that nobody looks at the store from time to time. */
const stopped = { ...systemClock, after: () => () => {} };

test('a change that another control process made is announced, and a node that waits is told without a look from time to time', async () => {
  const { access, another } = openAccess();
  const bus = createProcessBus();
  const changes = access.consumerChanges;
  const feed = new ConsumerFeed({ changes, confirmedAt: () => undefined, bus, clock: stopped });
  const other = new ConsumerFeed({
    changes: another().consumerChanges,
    confirmedAt: () => undefined,
    bus,
    clock: stopped,
  });
  await access.consumers.create({ consumerId: 'shop', name: 'Shop' }, byAdmin);
  const { lineage, sequence: since } = await other.consumers({ nodeId: 'node', since: 0, waitMs: 0 });
  const news = other.consumers({ nodeId: 'node', since, lineage, waitMs: 20_000 });
  await access.consumers.update('shop', { isEnabled: false }, byAdmin);
  expect(await news).toMatchObject({ changed: [{ consumerId: 'shop', isEnabled: false }] });
  feed.close();
  other.close();
});

test('a change that is announced while a question is read for is told without a look from time to time', async () => {
  const { access, another } = openAccess();
  const bus = createProcessBus();
  const feed = new ConsumerFeed({ changes: access.consumerChanges, confirmedAt: () => undefined, bus, clock: stopped });
  const changes = another().consumerChanges;
  const read = Promise.withResolvers<void>();
  let isSlow = false;
  const slow = {
    head: async () => {
      const head = await changes.head();
      if (isSlow) await read.promise;
      return head;
    },
    after: changes.after.bind(changes),
    page: changes.page.bind(changes),
    onChange: changes.onChange.bind(changes),
  };
  const other = new ConsumerFeed({ changes: slow, confirmedAt: () => undefined, bus, clock: stopped });
  const { lineage, sequence: since } = await other.consumers({ nodeId: 'node', since: 0, waitMs: 0 });
  isSlow = true;
  const news = other.consumers({ nodeId: 'node', since, lineage, waitMs: 20_000 });
  // Another process makes a change after the head was read, and before the question waits.
  await access.consumers.create({ consumerId: 'shop', name: 'Shop' }, byAdmin);
  isSlow = false;
  read.resolve();
  expect(await news).toMatchObject({ changed: [{ consumerId: 'shop' }] });
  feed.close();
  other.close();
});
