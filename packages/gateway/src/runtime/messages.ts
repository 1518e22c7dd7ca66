/** The messages between the main thread and its workers. There is none per request: counts are in shared memory. */
import type {
  Explanation,
  FollowedRequests,
  LogLevelName,
  ProxyConfig,
  RedisConfig,
  RequestFilter,
  TracingConfig,
} from '@sluice/model';
import type { Question } from '../explain/explain.ts';
import type { BackendChange } from '../forward/worker-context.ts';
import type { FetchAnswer } from '../policy/authentication/jwt/fetched-keys.ts';
import type { NodeMemory } from '../state/index.ts';
import type { Ports } from './ports.ts';

/** What a worker is started with. */
export interface WorkerStart {
  readonly index: number;
  readonly memory: NodeMemory;
  readonly proxy: ProxyConfig;
  /** The real ports, also when the configuration says 0. */
  readonly ports: Ports;
  /** Several workers share the ports. */
  readonly shared: boolean;
  /** The secret by which TLS sessions resume on any worker; new with each start of the gateway. */
  readonly ticketKeys: Uint8Array;
  readonly redis: RedisConfig | undefined;
  /** Whether histograms have exemplars. */
  readonly exemplars: boolean;
  readonly tracing: TracingConfig | undefined;
  /** Names the node among those that count in the same Redis; new with each start of the gateway. */
  readonly nodeId: string;
}

/** A certificate as read from its files. */
export interface Certificate {
  readonly cert: string;
  readonly key: string;
  readonly hosts: readonly string[];
}

/**
 * A file that routes name, and its purpose: authorities of backends, a secret for header values, or credentials, which is
 * whatever a policy names, the users of the method basic, or the authorities of client certificates.
 */
export interface NamedFile {
  readonly kind: 'authorities' | 'secret' | 'credentials' | 'users' | 'clientAuthorities' | 'module';
  readonly name: string;
}

/** A key set that routes name by its address. */
export interface NamedKeySet {
  readonly kind: 'keySet';
  readonly name: string;
}

/** What routes name, and a node gets for all of its workers. */
export type NamedSource = NamedFile | NamedKeySet;

/**
 * The content of a file or a key set; undefined when no route uses it any more. Each character of secrets and credentials is a
 * byte. Of a module it is the address to import, another one for another content.
 */
export type NamedText = NamedSource & { readonly text: string | undefined };

/** What workers are told of the log. */
export interface LogSettings {
  readonly level: LogLevelName;
  /** Names that are hidden besides the usual ones. */
  readonly redact: readonly string[];
  /** Texts that are hidden wherever they stand. */
  readonly secrets: readonly string[];
}

/** To a worker. A snapshot comes as any number of `routes` portions, one `complete`, and one `commit` or `discard`. */
export type ToWorker =
  | { readonly type: 'certificates'; readonly certificates: readonly Certificate[] }
  | ({ readonly type: 'file' } & NamedText)
  /** Answers `ask-keys`, after the keys if there are others. */
  | { readonly type: 'keys-asked'; readonly name: string; readonly answer: FetchAnswer }
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
  | ({ readonly type: 'logging' } & LogSettings)
  /** A request to explain; answered by `explained`. */
  | { readonly type: 'explain'; readonly id: number; readonly question: Question }
  /** Requests that somebody follows now; none ends it. */
  | { readonly type: 'follow'; readonly filters: readonly RequestFilter[] }
  | { readonly type: 'reopen-logs' }
  /** Confirms one message `spans`. */
  | { readonly type: 'spans-taken' }
  /** The buffer of one message `spans`, which comes back. */
  | { readonly type: 'spans-buffer'; readonly buffer: ArrayBuffer }
  | { readonly type: 'drain'; readonly drainMs: number }
  | { readonly type: 'stop' };

/** Why candidates are not ready on a worker, in sentences by route. A route with an empty list is ready. */
export interface Warmth {
  readonly type: 'warmth';
  readonly round: number;
  readonly problems: Readonly<Record<string, readonly string[]>>;
}

/** Finished spans, encoded, whose bytes are handed over; and how many were dropped before them. */
export interface HandedSpans {
  readonly type: 'spans';
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly spans: number;
  readonly dropped: number;
}

/** What a worker found out about a request; without an explanation, it failed. */
export interface Explained {
  readonly type: 'explained';
  readonly id: number;
  readonly explanation: Explanation | undefined;
}

/** From a worker. */
export type FromWorker =
  | Explained
  | ({ readonly type: 'followed' } & FollowedRequests)
  | { readonly type: 'applied'; readonly generation: number }
  | { readonly type: 'listening' }
  | {
      readonly type: 'log';
      readonly level: 'debug' | 'info' | 'warn' | 'error';
      readonly message: string;
      readonly fields?: Readonly<Record<string, unknown>>;
    }
  | { readonly type: 'backend-changed'; readonly change: BackendChange }
  /** A token names a key that is not in this key set. */
  | { readonly type: 'ask-keys'; readonly name: string }
  | { readonly type: 'drained' }
  | HandedSpans
  /** Redis is away for this worker, with the reason; or it is there. */
  | { readonly type: 'redis'; readonly reason: string | undefined }
  | Warmth
  /** A route could not be compiled: it is out of service. */
  | { readonly type: 'fault'; readonly routeName: string; readonly reason: string }
  /** A message could not be handled; `generation` is given when it was a swap. */
  | { readonly type: 'failed'; readonly message: string; readonly generation?: number };
