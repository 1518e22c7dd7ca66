import type { PolicyOutcome } from '../../state/index.ts';
import { answers, forecastOf, open, passes } from '../forecast.ts';
import type { AuthenticationOutcome, Finding, HeaderField, Policy, PolicyAnswer, PolicyRequest } from '../policy.ts';
import type { Authenticator } from './authenticator.ts';
import type { AuthenticationMethod } from './method.ts';

/**
 * Finds out who sends a request. The first method whose credentials are present decides: bad ones are refused, whatever other
 * methods would say. Without any, the request is anonymous: it passes if `anonymous`, and gets 401 otherwise.
 */
export function authentication(
  authenticator: Authenticator,
  anonymous: boolean,
  count: CountOutcome = () => {},
): Policy {
  const { methods, key } = authenticator;
  const missing = unauthorized(methods, undefined);
  const without = anonymous ? 'authentication anonymous' : 'authentication missing';
  // perf: a text that is made for each request would be hashed for each.
  const outcomes = methods.map(outcomesOf);
  const inviting = methods.filter((method) => method.invite !== undefined);
  const judge = (request: PolicyRequest, finding: Finding): ReturnType<NonNullable<Policy['onRequest']>> => {
    const { method, outcome } = finding;
    count(outcome === undefined ? without : outcomes[method][kindOf(outcome)]);
    if (outcome === undefined) {
      if (anonymous) return undefined;
      return inviting.length === 0 ? missing : invitation(request, inviting).then((answer) => answer ?? missing);
    }
    return judgeCredentials(request, finding, outcome);
  };
  const judgeCredentials = (
    request: PolicyRequest,
    { method }: Finding,
    outcome: AuthenticationOutcome,
  ): void | PolicyAnswer => {
    if ('passes' in outcome) return undefined;
    if ('identity' in outcome) request.identity = outcome.identity;
    else if ('refused' in outcome) return unauthorized(methods, { method: methods[method], reason: outcome.refused });
    else if ('unavailable' in outcome) return { error: 'AUTHENTICATION_UNAVAILABLE', reason: outcome.unavailable };
    else return outcome.answer;
  };
  return {
    name: 'authentication',
    stage: 'authenticate',
    onRequest(request) {
      const { finding } = request;
      const found = finding?.authenticator === key ? finding : authenticator.identify(request);
      return found instanceof Promise ? found.then((settled) => judge(request, settled)) : judge(request, found);
    },
    async explain(request) {
      const { finding } = request;
      const found = finding?.authenticator === key ? finding : await authenticator.explain(request);
      if ('unasked' in found) return open(found.unasked);
      const { method, outcome } = found;
      if (outcome !== undefined) {
        return forecastOf(
          judgeCredentials(request, found, outcome),
          `the method ${methods[method].type} knows who sends it`,
        );
      }
      if (anonymous) return passes('no method found credentials, and anonymous requests pass');
      return inviting.length === 0 ? answers(missing) : open('without credentials, a browser is sent to a login');
    },
  };
}

/** What is counted of a request. */
export type CountOutcome = (outcome: PolicyOutcome) => void;

type Kind = 'identified' | 'refused' | 'unavailable' | 'let_through' | 'answered';

function outcomesOf({ type }: AuthenticationMethod): Readonly<Record<Kind, PolicyOutcome>> {
  return {
    identified: `${type} identified`,
    refused: `${type} refused`,
    unavailable: `${type} unavailable`,
    let_through: `${type} let_through`,
    answered: `${type} answered`,
  };
}

function kindOf(outcome: NonNullable<Finding['outcome']>): Kind {
  if ('identity' in outcome) return 'identified';
  if ('refused' in outcome) return 'refused';
  if ('unavailable' in outcome) return 'unavailable';
  return 'passes' in outcome ? 'let_through' : 'answered';
}

/** The first invitation that one of the methods has for a request. */
async function invitation(
  request: PolicyRequest,
  methods: readonly AuthenticationMethod[],
): Promise<PolicyAnswer | undefined> {
  for (const method of methods) {
    const answer = await method.invite?.(request);
    if (answer !== undefined) return answer;
  }
  return undefined;
}

interface Refusal {
  readonly method: AuthenticationMethod;
  readonly reason: string;
}

/** 401 with a challenge for each method that has one (RFC 9110 §15.5.2). Only the one that refused says why. */
function unauthorized(methods: readonly AuthenticationMethod[], refusal: Refusal | undefined): PolicyAnswer {
  const challenges = methods
    .filter((method) => refusal === undefined || method === refusal.method || method.type !== refusal.method.type)
    .map((method) => method.challenge(method === refusal?.method ? refusal.reason : undefined))
    .filter((challenge) => challenge !== undefined);
  const headers = [...new Set(challenges)].map((challenge): HeaderField => ['WWW-Authenticate', challenge]);
  const reason = refusal === undefined ? 'no credentials' : `${refusal.method.type}: ${refusal.reason}`;
  return { error: 'UNAUTHORIZED', headers, reason };
}
