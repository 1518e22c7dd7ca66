/**
 * Deadlines of many connections at the price of none: moving a deadline is one number store. Entries hang in a wheel of
 * coarse slots; an entry whose slot comes up before its deadline is due simply moves on.
 */

/** Something that has a deadline. Subclass or embed; the wheel owns the fields that begin with `wheel`. */
export abstract class Timed {
  /** When to call `onDeadline`, on the wheel's clock in milliseconds; Infinity for never. Set it by `Deadlines.set`. */
  deadline = Infinity;
  wheelSlot = -1;
  wheelTick = 0;
  wheelNext: Timed | undefined;
  wheelPrevious: Timed | undefined;
  /** The deadline has passed. */
  abstract onDeadline(now: number): void;
}

const slotCount = 512;

/** The wheel. Its precision is one tick: nothing fires early, and nothing more than one tick late while the event loop is free. */
export class Deadlines {
  /** The wheel's clock: milliseconds, advanced once per tick. */
  now: number;
  readonly #tickMs: number;
  readonly #slots: (Timed | undefined)[] = Array.from({ length: slotCount }, () => undefined);
  readonly #clock: () => number;
  #tick: number;

  constructor(options: { tickMs?: number; clock?: () => number } = {}) {
    this.#tickMs = options.tickMs ?? 50;
    this.#clock = options.clock ?? (() => performance.now());
    this.now = this.#clock();
    this.#tick = Math.floor(this.now / this.#tickMs);
  }

  /** Starts ticking; returns what stops it. The timer does not keep the process alive. */
  start(): () => void {
    const timer = setInterval(() => this.advance(), this.#tickMs).unref();
    return () => clearInterval(timer);
  }

  /** Moves the deadline of `entry` to `at`. */
  set(entry: Timed, at: number): void {
    entry.deadline = at;
    if (at === Infinity) return;
    const tick = Math.ceil(at / this.#tickMs);
    // A later deadline stays where it hangs and is looked at again when its slot comes up.
    if (entry.wheelSlot !== -1) {
      if (entry.wheelTick <= tick) return;
      this.#unlink(entry);
    }
    this.#link(entry, tick);
  }

  /** Takes `entry` out. */
  remove(entry: Timed): void {
    entry.deadline = Infinity;
    if (entry.wheelSlot !== -1) this.#unlink(entry);
  }

  /** Fires what is due. */
  advance(): void {
    this.now = this.#clock();
    const until = Math.floor(this.now / this.#tickMs);
    // After a long pause of the process, every slot is visited once and not once per missed tick.
    const from = Math.max(this.#tick + 1, until - slotCount + 1);
    this.#tick = until;
    for (let tick = from; tick <= until; tick++) this.#visit(tick % slotCount, until);
  }

  #visit(slot: number, until: number): void {
    // Collected first: what a deadline does may unlink, move or add any entry.
    const due: Timed[] = [];
    for (let entry = this.#slots[slot]; entry !== undefined; entry = entry.wheelNext) {
      if (entry.wheelTick <= until) due.push(entry);
    }
    for (const entry of due) {
      if (entry.wheelSlot !== slot || entry.wheelTick > until) continue;
      this.#unlink(entry);
      if (entry.deadline <= this.now) {
        entry.deadline = Infinity;
        entry.onDeadline(this.now);
      } else if (entry.deadline !== Infinity) {
        this.#link(entry, Math.ceil(entry.deadline / this.#tickMs));
      }
    }
  }

  #link(entry: Timed, tick: number): void {
    const due = Math.max(tick, this.#tick + 1);
    const slot = due % slotCount;
    const head = this.#slots[slot];
    entry.wheelSlot = slot;
    entry.wheelTick = due;
    entry.wheelNext = head;
    entry.wheelPrevious = undefined;
    if (head !== undefined) head.wheelPrevious = entry;
    this.#slots[slot] = entry;
  }

  #unlink(entry: Timed): void {
    if (entry.wheelPrevious === undefined) this.#slots[entry.wheelSlot] = entry.wheelNext;
    else entry.wheelPrevious.wheelNext = entry.wheelNext;
    if (entry.wheelNext !== undefined) entry.wheelNext.wheelPrevious = entry.wheelPrevious;
    entry.wheelSlot = -1;
    entry.wheelNext = undefined;
    entry.wheelPrevious = undefined;
  }
}
