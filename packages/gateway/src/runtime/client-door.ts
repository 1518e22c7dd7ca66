import type { WorkerContext } from '../forward/worker-context.ts';
import { ClientConnection } from '../listen/client-connection.ts';
import type { HandleTransport } from '../wire/handle-wire.ts';
import { listen } from '../listen/listener.ts';
import type { Listener } from '../listen/listener.ts';
import type { HandshakeOutcome } from '../state/index.ts';
import type { Wire } from '../wire/wire.ts';
import type { Certificates } from './certificates.ts';
import type { WorkerStart } from './messages.ts';

/** A drain closes this many idle connections at once; more are closed one after the other. */
const closeAtOnce = 100;
/** Clients reconnect as soon as their idle connection is closed, and should not all do so in the same instant. */
const spreadMs = 5_000;

/** Step 1 of the life of a request: listens, admits connections within the limits, and knows them all. */
export class ClientDoor {
  readonly #engine: WorkerContext;
  readonly #transport: HandleTransport | undefined;
  readonly #certificates: Certificates;
  readonly #connections = new Map<ClientConnection, number>();
  #listeners: Listener[] = [];
  #emptied: (() => void) | undefined;
  #draining = false;

  constructor(engine: WorkerContext, transport: HandleTransport | undefined, certificates: Certificates) {
    this.#engine = engine;
    this.#transport = transport;
    this.#certificates = certificates;
  }

  /** Begins to listen on all ports. */
  async open({ proxy, ports, shared, ticketKeys }: WorkerStart): Promise<void> {
    const { host, tls } = proxy;
    const admit = (wire: Wire): void => this.#admit(wire);
    if (ports.http !== undefined) {
      this.#listeners.push(await listen({ host, port: ports.http, shared, transport: this.#transport }, admit));
    }
    if (ports.tls !== undefined && tls !== undefined) {
      const contextFor = (name: string) => this.#certificates.contextFor(name);
      const hasSeveral = () => this.#certificates.hasSeveral;
      const onHandshake = (outcome: HandshakeOutcome): void => this.#engine.telemetry.handshake(outcome);
      const choice = {
        options: () => this.#certificates.options,
        asksClients: () => this.#certificates.asksClients,
        ticketKeys,
        first: this.#certificates.first,
        contextFor,
        hasSeveral,
      };
      this.#listeners.push(
        await listen({ host, port: ports.tls, shared, tls: choice, transport: this.#transport, onHandshake }, admit),
      );
    }
  }

  /** The certificates were exchanged, or what clients are asked for. */
  certificatesReplaced(): void {
    if (this.#certificates.isEmpty) return;
    for (const listener of this.#listeners) listener.useFirst(this.#certificates.first);
  }

  /** Stops accepting, closes what is idle, and resolves when the last exchange is over. */
  async drain(drainMs: number): Promise<void> {
    this.#draining = true;
    for (const listener of this.#listeners) void listener.close();
    const idle: ClientConnection[] = [];
    for (const connection of this.#connections.keys()) {
      if (connection.idle) idle.push(connection);
      else connection.drain();
    }
    this.#closeSpread(idle, drainMs);
    if (this.#connections.size > 0) await new Promise<void>((resolve) => (this.#emptied = resolve));
  }

  /** Closes everything now. */
  async close(): Promise<void> {
    for (const listener of this.#listeners) void listener.close();
    this.#listeners = [];
    for (const connection of this.#connections.keys()) connection.kill();
  }

  #closeSpread(idle: readonly ClientConnection[], drainMs: number): void {
    const spread = idle.length <= closeAtOnce ? 0 : Math.min(spreadMs, drainMs / 2);
    idle.forEach((connection, index) => {
      if (spread === 0) connection.drain();
      else setTimeout(() => connection.drain(), (spread * index) / idle.length);
    });
  }

  #admit(wire: Wire): void {
    const { state, telemetry, snapshot } = this.#engine;
    const hash = state.addressHash(wire.remoteAddress);
    if (this.#draining || !state.connections.opened(hash, snapshot.settings.connectionLimits)) {
      if (!this.#draining) telemetry.reject('TOO_MANY_CONNECTIONS');
      return wire.destroy();
    }
    telemetry.connection();
    this.#connections.set(new ClientConnection(wire, this.#engine, (gone) => this.#forget(gone)), hash);
  }

  #forget(connection: ClientConnection): void {
    const hash = this.#connections.get(connection);
    if (hash === undefined) return;
    this.#connections.delete(connection);
    this.#engine.state.connections.closed(hash);
    if (this.#connections.size === 0) this.#emptied?.();
  }
}
