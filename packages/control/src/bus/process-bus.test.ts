import { once } from 'node:events';
import { describe, expect, test } from 'vitest';
import { describeBus } from './testing/conformance.ts';
import { createProcessBus } from './process-bus.ts';

describe('the bus within a process', () => {
  describeBus((log) => createProcessBus({ log }));

  test('without a log a failing listener is a warning of the process', async () => {
    const bus = createProcessBus();
    bus.subscribe('revision', () => {
      throw new Error('broken listener');
    });
    const warned = once(process, 'warning') as Promise<[Error]>;
    bus.publish('revision', 1);
    const [warning] = await warned;
    expect(warning.message).toBe('a listener of the bus failed: broken listener {"topic":"revision"}');
  });
});
