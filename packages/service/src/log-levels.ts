import { systemClock } from './clock.ts';
import type { Clock } from './clock.ts';
import type { LogLevel } from './logger.ts';

/** Timers take no longer time than this, in milliseconds. */
const longestTimer = 2 ** 31 - 1;

/** The level of the log: that of the configuration, or another one that somebody asked for while the process runs. */
export class LogLevels {
  readonly #clock: Clock;
  readonly #listeners = new Set<(level: LogLevel) => void>();
  #configured: LogLevel;
  #asked: LogLevel | undefined;
  #until: number | undefined;
  #stopTimer: (() => void) | undefined;

  constructor(configured: LogLevel = 'info', clock: Clock = systemClock) {
    this.#configured = configured;
    this.#clock = clock;
  }

  /** The level that counts. */
  get level(): LogLevel {
    return this.#asked ?? this.#configured;
  }

  /** The level that somebody asked for; undefined when that of the configuration counts. */
  get asked(): LogLevel | undefined {
    return this.#asked;
  }

  /** The level that counts when nobody has asked for another one. */
  get configured(): LogLevel {
    return this.#configured;
  }

  /** When the level of the configuration counts again, in milliseconds since 1970; undefined if it does, or if nobody said when. */
  get until(): number | undefined {
    return this.#until;
  }

  /** Takes the level of the configuration. One that somebody asked for stays. */
  configure(level: LogLevel): void {
    this.#change(() => (this.#configured = level));
  }

  /** Asks for another level, until then if a time is given. Undefined goes back to that of the configuration. */
  ask(level: LogLevel | undefined, until?: number): void {
    this.#change(() => {
      this.#stopTimer?.();
      this.#stopTimer = undefined;
      const isOver = until !== undefined && until <= this.#clock.now();
      this.#asked = isOver ? undefined : level;
      this.#until = this.#asked === undefined ? undefined : until;
      if (this.#until !== undefined) this.#wait(this.#until);
    });
  }

  #wait(until: number): void {
    const left = until - this.#clock.now();
    if (left <= 0) return this.ask(undefined);
    this.#stopTimer = this.#clock.after(Math.min(left, longestTimer), () => this.#wait(until));
  }

  /** Calls back with each new level. Returns what ends that. */
  onChange(listener: (level: LogLevel) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  #change(change: () => void): void {
    const before = this.level;
    change();
    if (this.level !== before) for (const listener of this.#listeners) listener(this.level);
  }
}
