/** What the main thread and its workers say to each other. Never per request: that is what shared memory is for. */
import type { ProxyConfig } from '@sluice/model';
import type { BackendChange } from '../forward/worker-context.ts';
import type { NodeMemory } from '../state/index.ts';
import type { Ports } from './ports.ts';

/** What a worker is started with. */
export interface WorkerStart {
  readonly index: number;
  readonly memory: NodeMemory;
  readonly proxy: ProxyConfig;
  /** The ports as they really are, when the configuration says 0. */
  readonly ports: Ports;
  /** Several workers share the ports. */
  readonly shared: boolean;
  /** The secret by which TLS sessions resume on any worker; made anew with each start of the gateway. */
  readonly ticketKeys: Uint8Array;
}

/** A certificate as read from its files. */
export interface Certificate {
  readonly cert: string;
  readonly key: string;
  readonly hosts: readonly string[];
}

/** A file that routes name, and what it is to them. */
export interface NamedFile {
  readonly kind: 'authorities' | 'secret';
  readonly name: string;
}

/** What such a file says; without a text it is forgotten. */
export interface NamedText extends NamedFile {
  readonly text: string | undefined;
}

/** To a worker. A snapshot comes as any number of `routes` portions, one `complete`, and one `commit` or `discard`. */
export type ToWorker =
  | { readonly type: 'certificates'; readonly certificates: readonly Certificate[] }
  | ({ readonly type: 'file' } & NamedText)
  /** `plans` is an array of `RoutePlan` as JSON. */
  | { readonly type: 'routes'; readonly plans: string; readonly proxy: ProxyConfig }
  /** All portions are there; the commit may come later, or not at all. */
  | { readonly type: 'complete'; readonly removed: readonly string[] }
  | { readonly type: 'discard' }
  | {
      readonly type: 'commit';
      readonly generation: number;
      readonly revision: number;
      readonly removed: readonly string[];
      readonly proxy: ProxyConfig;
    }
  /** The connections of both versions of these routes are to be open; answered by `warmth`. */
  | { readonly type: 'warm'; readonly round: number; readonly routeNames: readonly string[] }
  | { readonly type: 'reopen-logs' }
  | { readonly type: 'drain'; readonly drainMs: number }
  | { readonly type: 'stop' };

/** What stands in the way of the candidates of routes on a worker, in sentences by route; nothing in an empty list. */
export interface Warmth {
  readonly type: 'warmth';
  readonly round: number;
  readonly problems: Readonly<Record<string, readonly string[]>>;
}

/** From a worker. */
export type FromWorker =
  | { readonly type: 'applied'; readonly generation: number }
  | { readonly type: 'listening' }
  | {
      readonly type: 'log';
      readonly level: 'info' | 'warn' | 'error';
      readonly message: string;
      readonly fields?: Readonly<Record<string, unknown>>;
    }
  | { readonly type: 'backend-changed'; readonly change: BackendChange }
  | { readonly type: 'drained' }
  | Warmth
  /** A route could not be compiled: it is out of service. */
  | { readonly type: 'fault'; readonly routeName: string; readonly reason: string }
  /** What it was told could not be done; `generation` when that was to swap to one. */
  | { readonly type: 'failed'; readonly message: string; readonly generation?: number };
