import type { Logger } from './logger.ts';

/** The signals that stop a service. */
export type StopSignal = 'SIGINT' | 'SIGTERM';

/** What a service does to reload and to stop. */
export interface LifecycleOptions {
  readonly log: Logger;
  /** Longest time `onDrain` may take, in milliseconds; asked when the drain begins. */
  readonly drainMs: () => number;
  /** Stops accepting and finishes what runs; called once. */
  readonly onDrain: (signal: StopSignal) => Promise<void>;
  /** SIGHUP; a rejection is logged. */
  readonly onReload?: () => Promise<void>;
  readonly process?: SignalSource;
}

/** The part of `process` that is used, for tests. */
export interface SignalSource {
  on(signal: NodeJS.Signals, listener: (signal: NodeJS.Signals) => void): unknown;
  off(signal: NodeJS.Signals, listener: (signal: NodeJS.Signals) => void): unknown;
  exit(code: number): void;
}

/** One Ctrl-C may arrive twice: from the terminal, and from npm or another parent. Within this time it counts once. */
const sameSignalMs = 200;
/** Time after the drain to close files and threads; then the process is ended. */
const graceMs = 2_000;
const exitCodes: Record<StopSignal, number> = { SIGINT: 130, SIGTERM: 143 };

/**
 * Ties a service to the signals of its process: the first SIGTERM or SIGINT drains and exits with 0, a second one exits
 * at once with 143 or 130, SIGHUP reloads. `close()` lets go of the signals.
 */
export function lifecycle(options: LifecycleOptions): { close(): void } {
  const source: SignalSource = options.process ?? process;
  let first: { signal: StopSignal; at: number } | undefined;
  let deadline: NodeJS.Timeout | undefined;

  const stop = (signal: NodeJS.Signals): void => {
    const wanted: StopSignal = signal === 'SIGINT' ? 'SIGINT' : 'SIGTERM';
    if (first === undefined) {
      first = { signal: wanted, at: Date.now() };
      void drain(wanted);
    } else if (first.signal !== wanted || Date.now() - first.at > sameSignalMs) {
      options.log.warn('stopped at once by a second signal', { signal: wanted });
      source.exit(exitCodes[wanted]);
    }
  };
  const drain = async (signal: StopSignal): Promise<void> => {
    const drainMs = options.drainMs();
    options.log.info('draining: exchanges in progress may finish; a second signal stops at once', { signal, drainMs });
    deadline = setTimeout(() => {
      options.log.error('the drain did not end in time');
      source.exit(1);
    }, drainMs + graceMs);
    try {
      await options.onDrain(signal);
      options.log.info('stopped');
      source.exit(0);
    } catch (error) {
      options.log.error('the drain failed', { error });
      source.exit(1);
    } finally {
      clearTimeout(deadline);
    }
  };
  const reload = (): void => {
    options.onReload?.().catch((error: unknown) => options.log.error('the reload failed', { error }));
  };

  source.on('SIGINT', stop);
  source.on('SIGTERM', stop);
  source.on('SIGHUP', reload);
  return {
    close() {
      clearTimeout(deadline);
      source.off('SIGINT', stop);
      source.off('SIGTERM', stop);
      source.off('SIGHUP', reload);
    },
  };
}
