import { z } from 'zod';
import { duration } from '../duration.ts';
import { httpAddress } from '../http-address.ts';
import { entityName } from '../text.ts';

/** What subscribers can be told of. */
export const deploymentEventKinds = [
  'created',
  'approvalRequested',
  'approved',
  'rejected',
  'started',
  'phaseStarted',
  'asked',
  'paused',
  'resumed',
  'promoted',
  'completed',
  'rolledBack',
  'failed',
  'cancelled',
] as const;

/** Something that happened to a deployment. */
export type DeploymentEventKind = (typeof deploymentEventKinds)[number];

const events = z
  .array(z.enum(deploymentEventKinds))
  .min(1)
  .optional()
  .describe('What to tell of; everything if absent.');

const weekday = z.enum(['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun']);
const timeOfDay = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'expected a time such as 16:00');

const freezeWindow = z
  .union([
    z.strictObject({
      name: z.string().min(1).max(128),
      from: z.iso.datetime({ offset: true }),
      until: z.iso.datetime({ offset: true }),
    }),
    z.strictObject({
      name: z.string().min(1).max(128),
      fromDay: weekday,
      fromTime: timeOfDay,
      untilDay: weekday,
      untilTime: timeOfDay,
      timeZone: z.string().default('UTC').describe('Such as Europe/Berlin.'),
    }),
  ])
  .describe('A time in which nothing moves forward: once, from and until, or every week.');

/** A time in which nothing moves forward. */
export type FreezeWindow = z.output<typeof freezeWindow>;

const webhook = z
  .strictObject({
    url: httpAddress('https://hooks.internal/sluice').describe('Where events are sent with POST.'),
    secret: z
      .string()
      .min(16)
      .max(256)
      .meta({ secret: true })
      .describe('Signs each request: header webhook-signature, as in Standard Webhooks.'),
    events,
  })
  .describe('Somebody who is told of deployments.');

/** Somebody who is told of deployments by HTTP. */
export type WebhookConfig = z.output<typeof webhook>;

const email = z
  .strictObject({
    host: z.string().min(1).describe('SMTP server.'),
    port: z.int().min(1).max(65535).default(587),
    secure: z
      .boolean()
      .default(false)
      .describe('true: TLS from the beginning (465); false: STARTTLS when it is offered.'),
    requireTls: z.boolean().default(true).describe('false sends in plain text when the server offers nothing else.'),
    username: z.string().optional(),
    password: z.string().optional().meta({ secret: true }),
    from: z.email(),
    to: z.array(z.email()).min(1).max(50),
    events,
  })
  .describe('Who is told of deployments by e-mail.');

/** Who is told of deployments by e-mail. */
export type EmailConfig = z.output<typeof email>;

const grafana = z
  .strictObject({
    url: httpAddress('https://grafana.internal'),
    token: z
      .string()
      .min(1)
      .max(1024)
      .meta({ secret: true })
      .describe('Token of a service account that may write annotations.'),
    tags: z
      .array(z.string().min(1).max(64))
      .max(10)
      .default([])
      .describe('Added to sluice, the route and the environment.'),
  })
  .describe('Marks deployments in Grafana.');

/** Marks deployments in Grafana. */
export type GrafanaConfig = z.output<typeof grafana>;

const prometheus = z
  .strictObject({
    url: httpAddress('https://prometheus.internal:9090'),
    bearerToken: z.string().min(1).max(4096).optional().meta({ secret: true }),
  })
  .describe('Where the gates of type prometheus ask.');

/** Where the gates of type prometheus ask. */
export type PrometheusConfig = z.output<typeof prometheus>;

/** Schema of what holds for all deployments. */
export const deliveryConfig = z
  .strictObject({
    approvalFor: z
      .array(entityName)
      .default(['Production'])
      .describe('Environments whose deployments another person than the author has to approve.'),
    freeze: z.array(freezeWindow).max(100).default([]),
    webhooks: z.array(webhook).max(20).default([]),
    email: email.optional(),
    grafana: grafana.optional(),
    prometheus: prometheus.optional(),
    reworkWithin: duration(60_000)
      .prefault('24h')
      .describe('A deployment this soon after a failed one on the same route counts as rework.'),
  })
  .prefault({})
  .describe('Deployments: approvals, freezes, and who is told of them.');

/** What holds for all deployments; times in milliseconds. */
export type DeliveryConfig = z.output<typeof deliveryConfig>;
