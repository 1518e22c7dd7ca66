import { z } from 'zod';
import { duration } from '../values/duration.ts';
import { httpAddress } from '../values/http-address.ts';
import { entityName, line } from '../values/text.ts';

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
  .describe('Events to report; all of them if absent.');

const weekday = z.enum(['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun']);
const timeOfDay = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'expected a time such as 16:00');

const windowName = line(128).describe('Shown to people who wait for the end of the freeze.');

/** Schema of a time in which no deployment moves forward. */
export const freezeWindow = z
  .union([
    z
      .strictObject({
        name: windowName,
        from: z.iso.datetime({ offset: true }).describe('Such as 2026-12-24T12:00:00+01:00.'),
        until: z.iso.datetime({ offset: true }).describe('Such as 2027-01-02T08:00:00+01:00.'),
      })
      .refine(({ from, until }) => Date.parse(from) < Date.parse(until), {
        path: ['until'],
        error: 'is not after from: nothing would be frozen',
      }),
    z
      .strictObject({
        name: windowName,
        fromDay: weekday.describe('Day on which it begins, every week.'),
        fromTime: timeOfDay.describe('Such as 16:00.'),
        untilDay: weekday.describe('Day on which it ends.'),
        untilTime: timeOfDay.describe('Such as 08:00.'),
        timeZone: z
          .string()
          .refine(isTimeZone, { error: 'expected a time zone such as UTC or Europe/Berlin' })
          .default('UTC')
          .describe('Such as Europe/Berlin.'),
      })
      .refine(({ fromDay, fromTime, untilDay, untilTime }) => fromDay !== untilDay || fromTime !== untilTime, {
        path: ['untilTime'],
        error: 'is when it begins: nothing would be frozen; a whole day ends at 00:00 of the next',
      }),
  ])
  .describe('A time in which no deployment moves forward: once, with from and until, or every week.');

/** A time in which no deployment moves forward. */
export type FreezeWindow = z.output<typeof freezeWindow>;

const webhook = z
  .strictObject({
    url: httpAddress('https://hooks.internal/sluice', { query: true }).describe('Where events are sent with POST.'),
    secret: z
      .string()
      .min(16)
      .max(256)
      .refine((text) => !text.startsWith('whsec_') || isBase64(text.slice('whsec_'.length)), {
        error: 'what follows whsec_ has to be base64',
      })
      .meta({ secret: true })
      .describe('Signs each request: header webhook-signature, as in Standard Webhooks.'),
    events,
  })
  .describe('A receiver of deployment events.');

/** Somebody who is told of deployments by HTTP. */
export type WebhookConfig = z.output<typeof webhook>;

const email = z
  .strictObject({
    host: line(253).describe('SMTP server.'),
    port: z.int().min(1).max(65535).default(587).describe('Usually 587; 465 with secure.'),
    secure: z
      .boolean()
      .default(false)
      .describe('true: TLS from the beginning (465); false: STARTTLS when it is offered.'),
    requireTls: z.boolean().default(true).describe('false sends in plain text when the server offers nothing else.'),
    username: line(256).optional().describe('User name at the server; without it there is no login.'),
    password: z.string().max(1024).optional().meta({ secret: true }).describe('Password of the user name.'),
    from: z.email().describe('Address of the sender.'),
    to: z.array(z.email()).min(1).max(50).describe('Addresses of the recipients.'),
    events,
  })
  .describe('Sends deployment events by e-mail.');

/** Who is told of deployments by e-mail. */
export type EmailConfig = z.output<typeof email>;

const grafana = z
  .strictObject({
    url: httpAddress('https://grafana.internal').describe('Address of Grafana.'),
    token: line(1024).meta({ secret: true }).describe('Token of a service account that may write annotations.'),
    tags: z.array(line(64)).max(10).default([]).describe('Tags beside sluice, the route and the environment.'),
  })
  .describe('Marks deployments in Grafana.');

/** Marks deployments in Grafana. */
export type GrafanaConfig = z.output<typeof grafana>;

const prometheus = z
  .strictObject({
    url: httpAddress('https://prometheus.internal:9090').describe('Address of Prometheus.'),
    bearerToken: line(4096).optional().meta({ secret: true }).describe('Sent with each query.'),
  })
  .describe('The Prometheus that gates of type prometheus query.');

/** Where the gates of type prometheus ask. */
export type PrometheusConfig = z.output<typeof prometheus>;

function isBase64(text: string): boolean {
  return /^(?:[A-Za-z0-9+/]{4})+(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(text);
}

function isTimeZone(text: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: text }).resolvedOptions().timeZone !== '';
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
}

/** Schema of what holds for all deployments. */
export const deploymentsConfig = z
  .strictObject({
    approvalFor: z
      .array(entityName)
      .default(['Production'])
      .describe('Environments in which somebody other than the author has to approve deployments.'),
    environment: entityName.default('Development').describe('Environment of every route that names none of its own.'),
    freeze: z.array(freezeWindow).max(100).default([]).describe('Times in which no deployment moves forward.'),
    webhooks: z.array(webhook).max(20).default([]).describe('Receivers of deployment events by HTTP.'),
    email: email.optional(),
    grafana: grafana.optional(),
    prometheus: prometheus.optional(),
    reworkWithin: duration(60_000)
      .prefault('24h')
      .describe('A deployment this soon after a failed one on the same route counts as rework.'),
  })
  .prefault({})
  .describe('Deployments: approvals, freezes and notifications.');

/** What holds for all deployments; times in milliseconds. */
export type DeploymentsConfig = z.output<typeof deploymentsConfig>;
