import { z } from 'zod';
import { fieldName, fieldValue } from '../values/header-field.ts';
import { revisionNumber } from '../documents/revision-fields.ts';

/** Schema of a request to explain. */
export const explainInput = z
  .strictObject({
    method: z.string().max(32).regex(fieldName, 'expected a method such as GET').default('GET'),
    url: z
      .string()
      .max(8192)
      .regex(
        /^https?:\/\/[^\s/?#@]+(?:[/?][\x21\x22\x24-\x7e]*)?$/,
        'expected an address such as http://shop.example/orders/7, percent-encoded, without a fragment or a password',
      )
      .describe('As a client would use it: its host is what routes match.'),
    headers: z
      .array(
        z.strictObject({
          name: z.string().max(256).regex(fieldName, 'expected the name of a header'),
          value: z.string().max(8192).regex(fieldValue, 'expected a value without line breaks, each character a byte'),
        }),
      )
      .max(100)
      .default([])
      .describe('Header fields in their order; Host comes from the address unless it is among them.'),
    clientAddress: z
      .union([z.ipv4(), z.ipv6()])
      .optional()
      .describe('Where the request would come from; the address of the caller when left out.'),
  })
  .describe('A request that is not sent. What it would meet is found out.');

const sentence = z.string().describe('In a sentence, for people.');

const consideredRoute = z.object({
  route: z.string().describe('Name of the route.'),
  outcome: z
    .enum(['matched', 'beaten', 'notMet'])
    .describe('beaten: it would take the request, but another route is more specific. notMet: a condition is not met.'),
  by: z
    .enum(['host', 'path', 'conditions', 'priority', 'name', 'method', 'header', 'query'])
    .optional()
    .describe('What decided.'),
  explanation: sentence,
});

const versionName = z.enum(['stable', 'candidate']);

const explainedVersion = z.object({
  deploymentId: z.string(),
  version: versionName.describe('The version that the rest of the explanation is about.'),
  isCertain: z.boolean().describe('Whether each such request gets this version.'),
  by: z.enum(['probe', 'tester', 'share', 'sticky', 'caller']).describe('What decides.'),
  shares: z.object({ stable: z.number().min(0).max(100), candidate: z.number().min(0).max(100) }),
  explanation: sentence,
});

const explainedPolicy = z.object({
  policy: z.string(),
  stage: z.enum(['protect', 'authenticate', 'authorize', 'limit', 'cache', 'transform']),
  outcome: z
    .enum(['passes', 'answers', 'open', 'notReached'])
    .describe('open: it would ask somebody, count, or look at a body, so nobody knows before.'),
  status: z.int().optional().describe('Of its answer.'),
  code: z.string().optional().describe('Of its answer, when that is an error.'),
  explanation: sentence,
});

const explainedBackend = z.object({
  backend: z.string().describe('Name of the backend in its route.'),
  authority: z.string().describe('Host and port.'),
  weight: z.number(),
  isEnabled: z.boolean(),
  health: z.enum(['Unknown', 'Healthy', 'Unhealthy', 'Draining']),
  isEjected: z.boolean(),
  circuitBreaker: z.enum(['Closed', 'Open', 'HalfOpen']).optional().describe('Absent without a circuit breaker.'),
  activeRequests: z.int().min(0).describe('At its address now, on this node.'),
  latencyMs: z.number().min(0).describe('Moving average until its answers begin; 0 before the first.'),
  timeouts: z.object({ connectMs: z.number(), readMs: z.number(), writeMs: z.number() }),
  mayBeChosen: z.boolean(),
  explanation: sentence,
});

/** Schema of what would happen to a request. */
export const explanation = z
  .object({
    revision: revisionNumber.describe('The revision that would serve it.'),
    request: z
      .object({
        method: z.string(),
        host: z.string(),
        path: z.string().describe('As routes see it: in its normal form.'),
        scheme: z.enum(['http', 'https']),
        clientAddress: z.string().describe('As limits and logs see it.'),
      })
      .optional()
      .describe('As the gateway reads it; absent when it cannot.'),
    routes: z.array(consideredRoute).describe('In the order in which they were looked at.'),
    moreRoutes: z.boolean().describe('Whether more routes were looked at than are listed.'),
    route: z.string().optional().describe('Name of the route that takes the request.'),
    parameters: z.record(z.string(), z.string()).optional().describe('What its path parameters stand for.'),
    version: explainedVersion.optional().describe('Absent unless a deployment divides the traffic of the route.'),
    caller: z
      .object({
        method: z.string(),
        consumerId: z.string().optional(),
        subject: z.string().optional(),
        tier: z.string().optional(),
        scopes: z.array(z.string()).optional(),
        roles: z.array(z.string()).optional(),
      })
      .optional()
      .describe('Who sends it, when that is known; for others than Admins only by which method.'),
    policies: z.array(explainedPolicy).describe('In their order.'),
    strategy: z.string().optional(),
    backends: z.array(explainedBackend),
    candidates: z.array(z.string()).describe('Names of the backends that the strategy would choose from next.'),
    limits: z
      .object({
        timeoutMs: z.number().describe('From the end of the request until the answer has to begin.'),
        maxDurationMs: z.number().describe('For all of it; 0 = no limit.'),
        streamIdleMs: z.number().describe('The longest pause within an answer; 0 = as its backend has it.'),
        maxBodyBytes: z.number().describe('0 = no limit.'),
      })
      .optional(),
    retry: z
      .object({
        maxAttempts: z.int(),
        statusCodes: z.array(z.int()),
        isIdempotent: z
          .boolean()
          .describe('Whether a backend may get the request twice; otherwise only before it was sent.'),
      })
      .optional(),
    outcome: z.object({
      kind: z
        .enum(['forwarded', 'answered', 'open'])
        .describe('answered: by the gateway itself. open: forwarded, unless a policy that is open answers it.'),
      status: z.int().optional().describe('Of the gateway itself.'),
      code: z.string().optional().describe('Of the error of the gateway.'),
      backend: z.string().optional().describe('The only one that would be chosen.'),
      explanation: sentence,
    }),
  })
  .describe('What would happen to a request on one node. Nothing was sent, and nothing was counted.');

/** A request to explain. */
export type ExplainInput = z.output<typeof explainInput>;
/** What would happen to a request. */
export type Explanation = z.output<typeof explanation>;
