import type { Wire } from '../wire/wire.ts';
import type { Addresses } from './addresses.ts';

/** Called once with the wire and the address of a name that it leads to, or with the system's or TLS's error code. */
export type Connected = (wire: Wire | undefined, error: string | undefined, address?: string) => void;

/** Opens connections to one backend. */
export interface Connector {
  /** The addresses of the backend, when it is known by a name. */
  readonly addresses?: Addresses;
  /** Starts to connect, to the address `first` if possible. `cancel` gives up silently. */
  connect(done: Connected, first?: string): { cancel(): void };
}
