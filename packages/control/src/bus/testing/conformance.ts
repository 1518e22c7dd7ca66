import { afterEach, expect, test, vi } from 'vitest';
import type { Mock } from 'vitest';
import type { Json } from '../../store/store.ts';
import type { Bus, BusListener } from '../bus.ts';
import { largestMessage } from '../bus.ts';
import type { BusLog } from '../bus-log.ts';

const listener = (): Mock<BusListener> => vi.fn<BusListener>();

/** Opens a bus that is connected. */
export type OpenBus = (log: BusLog) => Bus | Promise<Bus>;

/** What every bus does. */
export function describeBus(open: OpenBus): void {
  const opened: Bus[] = [];
  const warn = vi.fn<BusLog['warn']>();
  const bus = async (): Promise<Bus> => {
    const one = await open({ info: () => undefined, warn });
    opened.push(one);
    return one;
  };
  afterEach(async () => {
    await Promise.all(opened.splice(0).map((one) => one.close()));
    warn.mockReset();
  });

  /** Publishes and waits until it is heard, and so everything that was published before. */
  const settle = async (one: Bus): Promise<void> => {
    const heard = listener();
    const end = one.subscribe('settle', heard);
    one.publish('settle', 'now');
    await vi.waitFor(() => expect(heard).toHaveBeenCalled());
    end();
  };

  test('a message reaches every listener of its topic, as it was sent and in order', async () => {
    const one = await bus();
    const [first, second, other] = [listener(), listener(), listener()];
    one.subscribe('revision', first);
    one.subscribe('revision', second);
    one.subscribe('node', other);
    const messages: Json[] = [{ revision: 1, text: 'ä€𐍈\n"' }, [1, null, true], 'text', 0];
    for (const message of messages) one.publish('revision', message);
    await vi.waitFor(() => expect(second).toHaveBeenCalledTimes(messages.length));
    expect(first.mock.calls.flat()).toEqual(messages);
    expect(second.mock.calls.flat()).toEqual(messages);
    expect(other).not.toHaveBeenCalled();
  });

  test('a listener is never called from within publish', async () => {
    const one = await bus();
    const heard = listener();
    one.subscribe('revision', heard);
    one.publish('revision', 1);
    expect(heard).not.toHaveBeenCalled();
    await vi.waitFor(() => expect(heard).toHaveBeenCalledTimes(1));
  });

  test('who ended a subscription hears nothing more, others do, and it can be taken up again', async () => {
    const one = await bus();
    const [gone, stays] = [listener(), listener()];
    const end = one.subscribe('revision', gone);
    one.subscribe('revision', stays);
    end();
    end();
    one.publish('revision', 1);
    await vi.waitFor(() => expect(stays).toHaveBeenCalledTimes(1));
    expect(gone).not.toHaveBeenCalled();
    one.subscribe('revision', gone);
    one.publish('revision', 2);
    await vi.waitFor(() => expect(gone).toHaveBeenCalledExactlyOnceWith(2));
  });

  test('a listener that throws harms nobody else and is reported', async () => {
    const one = await bus();
    const heard = listener();
    const error = new Error('broken listener');
    one.subscribe('revision', () => {
      throw error;
    });
    one.subscribe('revision', heard);
    one.publish('revision', 1);
    await vi.waitFor(() => expect(heard).toHaveBeenCalledWith(1));
    expect(warn).toHaveBeenCalledWith(expect.any(String), { topic: 'revision', error });
  });

  test('what is sent is a copy: changing it afterwards changes nothing for others', async () => {
    const one = await bus();
    const heard = listener();
    const message = { revision: 1 };
    one.subscribe('revision', heard);
    one.publish('revision', message);
    message.revision = 2;
    await vi.waitFor(() => expect(heard).toHaveBeenCalledExactlyOnceWith({ revision: 1 }));
  });

  test('a message of 1 MB goes through, a larger one and one that is no JSON are refused', async () => {
    const one = await bus();
    const heard = listener();
    one.subscribe('node', heard);
    const cycle: { self?: Json } = {};
    cycle.self = cycle;
    const largest = 'x'.repeat(largestMessage - 2);
    for (const bad of [`${largest}y`, 'ä'.repeat(largestMessage / 2), cycle, 1n, undefined, () => 1]) {
      expect(() => one.publish('node', bad as Json)).not.toThrow();
    }
    one.publish('node', largest);
    await vi.waitFor(() => expect(heard).toHaveBeenCalledTimes(1));
    expect(heard.mock.calls[0]?.[0] === largest).toBe(true);
    expect(one.counts).toEqual({ refused: 6, dropped: 0, malformed: 0 });
    expect(warn).toHaveBeenCalledTimes(6);
  });

  test('a listener may publish and end subscriptions', async () => {
    const one = await bus();
    const heard = listener();
    const end = one.subscribe('command', (message) => {
      end();
      one.publish('answer', message);
      one.publish('command', 'again');
    });
    one.subscribe('answer', heard);
    one.publish('command', 1);
    await settle(one);
    expect(heard).toHaveBeenCalledExactlyOnceWith(1);
  });

  test('after close nothing is heard, nothing throws, and closing again is fine', async () => {
    const one = await bus();
    const heard = listener();
    one.subscribe('revision', heard);
    await one.close();
    await one.close();
    one.publish('revision', 1);
    one.subscribe('revision', heard)();
    const another = await bus();
    await settle(another);
    expect(heard).not.toHaveBeenCalled();
  });

  test('is connected', async () => {
    expect((await bus()).connected).toBe(true);
  });
}
