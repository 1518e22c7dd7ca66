import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { describeBus } from './testing/conformance.ts';
import { createProcessBus } from './process-bus.ts';

describe('the bus within a process', () => {
  describeBus((log) => createProcessBus({ log }));

  test('without a log a failing listener is a warning of the process', async () => {
    const bus = createProcessBus();
    bus.subscribe('revision', () => {
      throw new Error('broken listener');
    });
    // Node warns of other things, too.
    const warned = vi.fn<(warning: Error) => void>();
    process.on('warning', warned);
    onTestFinished(() => void process.off('warning', warned));
    bus.publish('revision', 1);
    const message = 'a listener of the bus failed: broken listener {"topic":"revision"}';
    await vi.waitFor(() => expect(warned.mock.calls.map(([warning]) => warning.message)).toContain(message));
  });
});
