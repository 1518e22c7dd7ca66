import type { Addresses } from './addresses.ts';
import type { Connected, Connector } from './connector.ts';
import type { Cancellable } from '../wire/wire.ts';

/** Connects to one address. */
export type Open = (address: string, done: Connected) => Cancellable;

/**
 * How long to wait for an address before the next one is tried beside it, as in RFC 8305 §5. Otherwise an address that drops
 * packets would use up the whole time for connecting.
 */
const headStartMs = 250;

/** Connects to a name. Its addresses take turns, and if one fails the others are tried. */
export function connectInTurn(addresses: Addresses, open: Open): Connector {
  return {
    addresses,
    connect(done, first) {
      const race = new Race(addresses, open, done);
      addresses.get((known, error) => {
        if (known.length === 0) race.fail(error);
        else race.start(addresses.order(first ?? addresses.next()));
      });
      return { cancel: () => race.cancel() };
    },
  };
}

/** Attempts at the addresses of a name, of which the first to succeed is taken. */
class Race {
  readonly #addresses: Addresses;
  readonly #open: Open;
  readonly #done: Connected;
  readonly #running = new Map<string, Cancellable>();
  #left: string[] = [];
  #timer: NodeJS.Timeout | undefined;
  #over = false;

  constructor(addresses: Addresses, open: Open, done: Connected) {
    this.#addresses = addresses;
    this.#open = open;
    this.#done = done;
  }

  start(order: readonly string[]): void {
    this.#left = [...order];
    this.#tryNext();
  }

  fail(error: string | undefined): void {
    if (this.#end()) this.#done(undefined, error);
  }

  cancel(): void {
    // The address has probably not answered. The next attempt begins with another one, or it would never get past this one.
    if (!this.#over) for (const address of this.#running.keys()) this.#addresses.failed(address);
    this.#end();
  }

  #tryNext(): void {
    if (this.#over) return;
    clearTimeout(this.#timer);
    const address = this.#left.shift();
    if (address === undefined) return;
    const attempt = this.#open(address, (wire, error) => {
      this.#running.delete(address);
      if (wire !== undefined) this.#succeed(address, () => this.#done(wire, undefined, address));
      else this.#lose(address, error);
    });
    this.#running.set(address, attempt);
    if (this.#left.length > 0) this.#timer = setTimeout(() => this.#tryNext(), headStartMs);
  }

  #succeed(address: string, tell: () => void): void {
    // The other addresses were slower than this one.
    for (const other of this.#running.keys()) this.#addresses.failed(other);
    this.#addresses.answered(address);
    if (this.#end()) tell();
  }

  #lose(address: string, error: string | undefined): void {
    this.#addresses.failed(address);
    if (this.#left.length > 0) this.#tryNext();
    else if (this.#running.size === 0) this.fail(error);
  }

  /** Cancels what still runs. False if the race was over already. */
  #end(): boolean {
    if (this.#over) return false;
    this.#over = true;
    clearTimeout(this.#timer);
    for (const attempt of this.#running.values()) attempt.cancel();
    return true;
  }
}
