import { z } from 'zod';
import { routeAccessLog } from './access-log-config.ts';
import { authenticationConfig } from './authentication/authentication-config.ts';
import { authorizationConfig } from './authorization-config.ts';
import { routeBackend } from './backend-config.ts';
import type { BackendConfig } from './backend-config.ts';
import type { SplitSettings } from '../deployment/split-config.ts';
import { defaultsOf } from '../values/defaults-of.ts';
import { duration } from '../values/duration.ts';
import { parsePathPattern } from '../values/path-pattern.ts';
import { policiesConfig } from './policies-config.ts';
import { strategies } from './strategies.ts';
import { entityName, headerName, headerValue, hostPattern, line, oneLine, readableBy } from '../values/text.ts';
import { adaptiveConcurrency, concurrency, rateLimit } from './rate-limit-config.ts';
import { routeTracing } from './tracing-config.ts';
import { sloConfig } from './slo-config.ts';
import { transformationsConfig } from './transformations-config.ts';

const count = (max: number) => z.int().min(0).max(max);

const strategyConfig = z
  .strictObject({
    headerName: headerName.describe('Header whose value chooses the backend.'),
    routingRules: z
      .record(oneLine.max(8192), oneLine.max(128))
      .default({})
      .describe('Maps values of the header to names of backends.'),
    defaultBackend: oneLine.max(128).describe('Name of the backend for every other value.'),
  })
  .describe('Settings of the HeaderBased strategy.');

const circuitBreaker = z
  .strictObject({
    failureThreshold: z.int().min(1).max(100_000).default(5).describe('Failures in a row that open the circuit.'),
    timeout: duration().prefault('30s').describe('Time the circuit stays open before it is tried again.'),
    halfOpenRequests: z
      .int()
      .min(1)
      .max(1000)
      .default(3)
      .describe('Requests let through as a trial; all must succeed.'),
  })
  .describe('Stops sending requests to a backend that keeps failing.');

const retryPolicy = z
  .strictObject({
    maxAttempts: z.int().min(1).max(10).default(3).describe('Most attempts, the first included.'),
    initialDelay: duration(0).prefault('100ms').describe('Wait before the first retry.'),
    maxDelay: duration(0).prefault('2s').describe('Longest wait between two attempts.'),
    backoffMultiplier: z.number().min(1).max(10).default(2).describe('Factor from one wait to the next.'),
    retryableStatusCodes: z
      .array(z.int().min(400).max(599))
      .default([502, 503, 504])
      .describe('Status codes of the backend that are retried.'),
  })
  .describe('Retries of idempotent requests, within the retry budget of the proxy.');

const ejection = z
  .strictObject({
    consecutiveFailures: count(100_000).default(5).describe('Failures in a row that eject a backend; 0 = never.'),
    ejectionTime: duration().prefault('30s').describe('Time out of service; grows with each ejection in a row.'),
    maxEjectedPercent: z
      .int()
      .min(0)
      .max(100)
      .default(50)
      .describe('Percentage of the backends that may be ejected at once.'),
  })
  .prefault({})
  .describe('Passive health check: a backend that fails real requests is out of service for a while.');

const match = {
  pathPattern: z
    .string()
    .max(2048)
    .superRefine(readableBy(parsePathPattern))
    .default('/**')
    .describe('Path to match: literal segments, * (one segment), {name} (one, captured), ** (any rest, last).'),
  methods: z
    .array(z.string().regex(/^[A-Z][A-Z0-9!#$%&'*+.^_`|~-]*$/, 'expected a method in upper case, such as GET'))
    .default([])
    .describe('Methods to match; empty = any.'),
  hosts: z.array(hostPattern).default([]).describe('Hosts to match, exact or *.example.com; empty = any.'),
  headers: z
    .record(headerName, headerValue)
    .default({})
    .describe('Headers to match: name and exact value, or "*" for any value.'),
  query: z
    .record(oneLine.max(2048), oneLine.max(2048))
    .default({})
    .describe('Query parameters to match: name and exact value, or "*" for any value.'),
  priority: z.int().min(0).max(100).default(0).describe('Decides between equally specific routes; higher first.'),
};

/** The fields that decide which requests a route takes. */
export const matchFields = Object.keys(match) as readonly (keyof typeof match)[];

/** Schema of a route. */
export const routeConfig = z
  .strictObject({
    name: entityName.describe('Unique; appears in logs and metrics.'),
    routeId: entityName.optional().describe('Stable identity of the route; the name if absent.'),
    ...match,
    backends: z
      .array(routeBackend)
      .min(1, 'a route needs at least one backend')
      .describe('Backends that serve the route.'),
    strategy: z
      .enum(strategies)
      .default('RoundRobin')
      .describe('How a backend is chosen. RoundRobin goes by weight when weights differ.'),
    strategyConfig: strategyConfig.optional(),
    timeoutSeconds: z
      .number()
      .min(1)
      .max(300)
      .default(30)
      .describe('Seconds until the response begins, all attempts together.'),
    maxDurationSeconds: z
      .number()
      .min(1)
      .max(86_400)
      .optional()
      .describe('Seconds for the whole exchange; no limit if absent.'),
    streamIdleSeconds: z
      .number()
      .min(1)
      .max(86_400)
      .optional()
      .describe(
        'Seconds that a response may pause once it has begun. If absent: readTimeout for a response of known length, otherwise proxy.timeouts.eventStreamIdle.',
      ),
    isEnabled: z.boolean().default(true).describe('false: the route takes no requests, as if it did not exist.'),
    path: z
      .enum(['normalised', 'raw'])
      .default('normalised')
      .describe(
        'The path that backends get: normalised, as it is matched, or raw, byte by byte, with %2F and %5C allowed.',
      ),
    preserveHost: z
      .boolean()
      .default(true)
      .describe('true passes the Host header on; false sends the host of the backend.'),
    webSocket: z.boolean().default(true).describe('false refuses WebSocket upgrades.'),
    maxWebSockets: count(10_000_000)
      .default(10_000)
      .describe('Most WebSockets; 0 = no limit. They count neither as requests in flight nor in maxSize.'),
    maxWebSocketsPerAddress: count(10_000_000).default(1000).describe('The same for one client address; 0 = no limit.'),
    maxConcurrentRequests: count(10_000_000).default(0).describe('Most requests in flight; 0 = no limit.'),
    maxBodyBytes: count(Number.MAX_SAFE_INTEGER)
      .optional()
      .describe('Largest request body; 0 = no limit; replaces proxy.limits.maxBodyBytes.'),
    authentication: authenticationConfig.optional(),
    rateLimit: rateLimit.optional(),
    concurrency: concurrency.optional(),
    adaptiveConcurrency: adaptiveConcurrency.optional(),
    authorization: authorizationConfig.optional(),
    transformations: transformationsConfig.optional(),
    policies: policiesConfig.optional(),
    accessLog: routeAccessLog.optional(),
    tracing: routeTracing.optional(),
    circuitBreaker: circuitBreaker.optional(),
    retryPolicy: retryPolicy.optional(),
    ejection,
    slo: sloConfig.optional(),
    environment: entityName
      .optional()
      .describe(
        'Environment of the route; deployments.environment if absent. To change it takes an approval where one of the two environments does.',
      ),
    version: line(128).default('1.0').describe('Version of the route; you choose the name.'),
  })
  .describe('What to match, and which backends serve it.');

/** The fields of a route that have a default, with it. */
export const routeDefaults = defaultsOf(routeConfig.shape);

/** A route, validated and with its defaults; durations in milliseconds. Its backends are whole, wherever they stand. */
export interface RouteConfig extends Omit<z.output<typeof routeConfig>, 'routeId' | 'backends'> {
  routeId: string;
  backends: BackendConfig[];
  /** How its traffic is divided while a deployment runs. Kept in documents; nobody writes it by hand. */
  split?: RouteSplit;
}

/** How the traffic of a route is divided between its own version and another. */
export interface RouteSplit extends SplitSettings {
  /** The other version: the same name, id and match; it has no split itself. */
  readonly candidate: RouteConfig;
}
/** Settings of the HeaderBased strategy. */
export type StrategyConfig = z.output<typeof strategyConfig>;
/** Settings of a circuit breaker; `timeout` in milliseconds. */
export type CircuitBreakerConfig = z.output<typeof circuitBreaker>;
/** Settings of retries; delays in milliseconds. */
export type RetryPolicyConfig = z.output<typeof retryPolicy>;
/** Settings of passive ejection; `ejectionTime` in milliseconds. */
export type EjectionConfig = z.output<typeof ejection>;
