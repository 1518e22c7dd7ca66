import { z } from 'zod';
import { duration } from '../values/duration.ts';
import { accessLogConfig } from './access-log-config.ts';
import { filePath, hostPattern, listenHost, port } from '../values/text.ts';
import { tlsProfileFields } from './tls-profile.ts';

const limit = (max: number) => z.int().min(0).max(max);

const certificate = z
  .strictObject({
    certFile: filePath.describe('PEM file with the certificate and its chain.'),
    keyFile: filePath.describe('PEM file with the private key.'),
    hosts: z.array(hostPattern).optional().describe('Names served with it; the names in the certificate if absent.'),
  })
  .describe('A certificate and its key.');

const tls = z
  .strictObject({
    port: port.default(8443).describe('Port for HTTPS.'),
    certificates: z
      .array(certificate)
      .min(1, 'TLS needs at least one certificate')
      .describe('Certificates, chosen by SNI; the first serves clients that send no name.'),
    minVersion: z.enum(['TLSv1.2', 'TLSv1.3']).default('TLSv1.2').describe('Oldest TLS version accepted.'),
    ...tlsProfileFields,
  })
  .describe('TLS termination.');

const limits = z
  .strictObject({
    maxHeadBytes: z.int().min(1024).max(1_048_576).default(16_384).describe('Largest request head, in bytes.'),
    maxHeaders: z.int().min(10).max(1000).default(100).describe('Most header lines.'),
    maxBodyBytes: limit(Number.MAX_SAFE_INTEGER).default(0).describe('Largest request body, in bytes; 0 = no limit.'),
    maxPipelineBytes: z
      .int()
      .min(1024)
      .max(16_777_216)
      .default(65_536)
      .describe('Bytes of pipelined requests that are read ahead.'),
  })
  .prefault({})
  .describe('Largest sizes of what clients may send.');

const timeouts = z
  .strictObject({
    head: duration().prefault('10s').describe('Time for the whole request head.'),
    keepAlive: duration().prefault('60s').describe('An idle connection is closed after this time.'),
    clientIdle: duration().prefault('30s').describe('Longest silence of a client in the middle of an exchange.'),
    webSocketIdle: duration().prefault('5m').describe('Longest silence on a WebSocket, both ways.'),
    eventStreamIdle: duration()
      .prefault('5m')
      .describe('Longest pause in a streamed response: server-sent events, and others of unknown length.'),
    drain: duration(0).prefault('30s').describe('Time that running requests get when the gateway stops.'),
    minBodyRate: limit(1_000_000_000)
      .default(500)
      .describe('Lowest rate of a request body, in bytes per second over each 5 s; 0 = off.'),
    minResponseRate: limit(1_000_000_000)
      .default(500)
      .describe(
        'Lowest rate at which a client reads a response that waits for it, in bytes per second over each clientIdle; 0 = off.',
      ),
  })
  .prefault({})
  .describe('Timeouts towards clients.');

const addressOrRange = z
  .union([z.ipv4(), z.ipv6(), z.cidrv4(), z.cidrv6()], {
    error: 'expected an address or a range such as 10.0.0.0/8 or fd00::/8',
  })
  .describe('An IP address or a CIDR range.');

/** Schema of the proxy: where it listens and what clients may do. */
export const proxyConfig = z
  .strictObject({
    host: listenHost.default('127.0.0.1').describe('Address to listen on; 0.0.0.0 = every one (in containers).'),
    port: port.default(8000).describe('Port for HTTP; 0 = any free one.'),
    workers: z
      .int()
      .min(1)
      .max(64)
      .optional()
      .transform((workers) => workers ?? availableParallelism())
      .describe('Worker threads; the number of usable cores if absent.'),
    exposeRevision: z
      .boolean()
      .default(false)
      .describe(
        'Name the configuration revision in x-gateway-revision, and the version during a deployment in x-gateway-version.',
      ),
    health: z.boolean().default(false).describe('Answer /health, /ready and /live on the proxy port too.'),
    transport: z
      .enum(['auto', 'public'])
      .default('auto')
      .describe('auto uses the fast socket transport where it works; public never does.'),
    tls: tls.optional(),
    http: z.boolean().default(true).describe('false: only TLS is served.'),
    trustedProxies: z
      .array(addressOrRange)
      .default([])
      .describe('Peers whose X-Forwarded-*, Forwarded, X-Real-IP and X-Request-Id are believed.'),
    allowUnderscoreHeaders: z.boolean().default(false).describe('Accept header names with an underscore.'),
    maxConnections: limit(10_000_000).default(20_000).describe('Most client connections; 0 = no limit.'),
    maxConnectionsPerAddress: limit(10_000_000).default(4096).describe('The same for one address; 0 = no limit.'),
    maxConcurrentRequests: limit(10_000_000).default(10_000).describe('Most requests in flight; 0 = no limit.'),
    limits,
    timeouts,
    retryBudget: z.number().min(0).max(1).default(0.2).describe('Most retries, as a share of the requests.'),
    accessLog: accessLogConfig,
  })
  .prefault({})
  .describe('The proxy: where clients connect.');

/** The proxy, validated and with its defaults; durations in milliseconds. */
export type ProxyConfig = z.output<typeof proxyConfig>;
/** TLS termination. */
export type ProxyTlsConfig = z.output<typeof tls>;
/** A certificate and its key. */
export type CertificateConfig = z.output<typeof certificate>;
/** Sizes of what clients may send, in bytes. */
export type LimitsConfig = z.output<typeof limits>;
/** Timeouts towards clients, in milliseconds (rates in bytes per second). */
export type ProxyTimeoutsConfig = z.output<typeof timeouts>;

/** Usable cores: `navigator` tells it in Node and browsers alike, so that this package needs no platform import. */
function availableParallelism(): number {
  return Math.min(64, Math.max(1, globalThis.navigator?.hardwareConcurrency ?? 1));
}
