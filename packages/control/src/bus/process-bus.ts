import type { Json } from '../store/store.ts';
import type { Bus } from './bus.ts';
import type { BusLog } from './bus-log.ts';
import { processWarnings } from './bus-log.ts';
import { encodeMessage } from './encode-message.ts';
import { Listeners } from './listeners.ts';

/** A bus within this process: for an installation that is one process, and for tests. */
export function createProcessBus({ log = processWarnings }: { readonly log?: BusLog } = {}): Bus {
  const listeners = new Listeners(log);
  const counts = { refused: 0, dropped: 0, malformed: 0 };
  let closed = false;

  const publish = (topic: string, message: Json): void => {
    if (closed) return;
    const encoded = encodeMessage(message);
    if ('problem' in encoded) {
      counts.refused++;
      log.warn('a message was not published', { topic, reason: encoded.problem });
      return;
    }
    // Every listener gets a copy, so that nobody can change the message for others.
    queueMicrotask(() => listeners.tell(topic, JSON.parse(encoded.text) as Json));
  };

  return {
    publish,
    subscribe: (topic, listener) => (closed ? () => undefined : listeners.add(topic, listener)),
    connected: true,
    health: () => undefined,
    counts,
    close() {
      closed = true;
      listeners.clear();
      return Promise.resolve();
    },
  };
}
