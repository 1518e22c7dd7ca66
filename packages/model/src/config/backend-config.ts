import { z } from 'zod';
import { duration } from '../values/duration.ts';
import { httpAddress } from '../values/http-address.ts';
import { parseReferences } from '../values/template.ts';
import {
  entityName,
  filePath,
  headerName,
  headerValue,
  line,
  oneLine,
  pemCertificates,
  readableBy,
} from '../values/text.ts';

const healthCheck = z
  .strictObject({
    type: z.enum(['Http', 'Tcp']).default('Http').describe('Http requests the endpoint; Tcp only connects.'),
    endpoint: z
      .string()
      .max(2048)
      .regex(/^\/[\x21-\x22\x24-\x7e]*$/, 'expected a path that begins with /')
      .default('/health')
      .describe('Path to request, with a query if needed.'),
    interval: duration(10).prefault('5s').describe('Time from one check to the next.'),
    timeout: duration(1).prefault('3s').describe('A check that takes longer fails.'),
    unhealthyThreshold: z
      .int()
      .min(1)
      .max(1000)
      .default(3)
      .describe('Failures in a row that make the backend unhealthy.'),
    healthyThreshold: z.int().min(1).max(1000).default(2).describe('Successes in a row that make it healthy again.'),
    expectedStatusCode: z.int().min(100).max(599).default(200).describe('Status of a healthy answer.'),
    expectedResponseBody: z.string().max(8192).optional().describe('Text that a healthy answer contains.'),
    headers: z
      .record(headerName, headerValue.superRefine(readableBy(parseReferences)))
      .optional()
      .describe('Headers sent with each check; values may hold ${secret:NAME}.'),
  })
  .describe('Active health check; without one a backend counts as healthy.');

const connectionPool = z
  .strictObject({
    minSize: z.int().min(0).max(10_000).default(0).describe('Idle connections that are kept open.'),
    maxSize: z.int().min(1).max(100_000).default(100).describe('Most connections per worker.'),
    maxIdleTime: duration().prefault('5m').describe('An idle connection is closed after this time.'),
    connectionTimeout: duration()
      .prefault('5s')
      .describe('Longest wait for a free connection when maxSize is reached.'),
    lookupInterval: duration(1000)
      .prefault('10s')
      .describe('How often the name of a backend is looked up; connections to addresses it no longer has are retired.'),
    fairShare: z
      .boolean()
      .default(true)
      .describe(
        'true: while others wait, one client address holds at most its share of the connections. false: first come, first served.',
      ),
  })
  .refine((pool) => pool.minSize <= pool.maxSize, { path: ['minSize'], error: 'larger than maxSize' })
  .prefault({})
  .describe('Connections kept to the backend.');

const timeouts = z
  .strictObject({
    connectTimeout: duration().prefault('5s').describe('Time to connect, TLS included.'),
    readTimeout: duration()
      .prefault('30s')
      .describe(
        'Longest silence of the backend. At 30s, a longer timeoutSeconds of the route counts instead, and a streamed response may pause for proxy.timeouts.eventStreamIdle.',
      ),
    writeTimeout: duration().prefault('30s').describe('Longest time in which the backend accepts no data.'),
  })
  .prefault({})
  .describe('Timeouts of the connection to the backend.');

const backendTls = z
  .strictObject({
    ca: pemCertificates.optional().describe('The authorities to trust instead of the usual ones, as PEM text.'),
    caFile: filePath
      .optional()
      .describe(
        'PEM file with these authorities: a path in the configuration file, a name in node.filesFolder over the API.',
      ),
    serverName: line(253).optional().describe('Name to expect in the certificate and to send by SNI.'),
    verify: z.boolean().default(true).describe('false accepts any certificate: only for tests.'),
  })
  .refine(({ ca, caFile }) => ca === undefined || caFile === undefined, {
    path: ['caFile'],
    error: 'is set beside ca: keep one of the two',
  })
  .describe('TLS to an https backend.');

const fields = {
  url: httpAddress('http://127.0.0.1:9001 or https://api.internal/base').describe(
    'http:// or https:// address; a path is put before the request path.',
  ),
  weight: z.int().min(0).max(100).default(100).describe('Share of the traffic relative to the others; 0 gets none.'),
  isEnabled: z
    .boolean()
    .default(true)
    .describe('false takes the backend out of service; running requests are finished.'),
  healthCheck: healthCheck.optional(),
  connectionPool,
  timeouts,
  tls: backendTls.optional(),
};

/** Schema of the document of a shared backend: one that several routes may name. */
export const backendConfig = z
  .strictObject({
    name: entityName.describe('Unique among the shared backends.'),
    backendId: entityName.optional().describe('Stable identity, by which routes name it; the name if absent.'),
    ...fields,
  })
  .describe('A server that routes name by its backendId.');

/** Schema of a backend that is written in a route. */
export const ownedBackend = z.strictObject({
  name: entityName.describe('Unique in its route.'),
  // Whoever reads a route over the API gets the id that the gateway gave; it may come back as it was.
  backendId: oneLine
    .max(257)
    .optional()
    .describe('Id of a shared backend. It is written alone and stands for the whole backend.'),
  ...fields,
});

/** Schema of a backend of a route that is one of the shared ones. */
export const backendReference = z.strictObject({ backendId: entityName.describe('Id of a shared backend.') });

/** Schema of a backend of a route: written whole, or the id of a shared one alone. */
export const routeBackend = z
  .union([ownedBackend, backendReference])
  .describe('A server that requests are forwarded to: written here, or named by the id of a shared one.');

/** A backend, validated and with its defaults. */
export interface BackendConfig extends Omit<z.output<typeof backendConfig>, 'backendId'> {
  /** Identity of the backend: that of a shared one, or `routeId~name` of one that is written in its route. */
  readonly backendId: string;
}
/** An active health check, validated and with its defaults; durations in milliseconds. */
export type HealthCheckConfig = z.output<typeof healthCheck>;
/** The connection pool of a backend; durations in milliseconds. */
export type ConnectionPoolConfig = z.output<typeof connectionPool>;
/** Timeouts towards a backend, in milliseconds. */
export type BackendTimeoutsConfig = z.output<typeof timeouts>;
/** TLS towards a backend. */
export type BackendTlsConfig = z.output<typeof backendTls>;
