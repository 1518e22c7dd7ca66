import type { ExternalMethodConfig } from '@sluice/model';
import { fieldValue } from '@sluice/model/header-field';
import { createHash } from 'node:crypto';
import { AnswerCache } from '../helper/answer-cache.ts';
import { HelperError } from '../helper/helper-error.ts';
import type { Helper } from '../helper/helper.ts';
import type { HelperAnswer, Question } from '../helper/send-question.ts';
import type { HeaderField, Identity, PolicyAnswer, PolicyRequest } from '../policy.ts';
import { withoutOwn } from './oidc/cookies.ts';
import type { AuthenticationMethod, AuthenticationOutcome } from './method.ts';

export interface ExternalContext {
  readonly helper: Pick<Helper, 'ask'>;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** By worker. */
const bounds = { entries: 20_000, weight: 16 * 1024 * 1024 };
/** The longest body of a denial that a client gets, in bytes. */
const longestBody = 16 * 1024;

/**
 * The method external: a server of one's own decides. A status of 2xx allows, 3xx and 4xx deny, and all else is no answer. It
 * decides every request, so no method after it is asked.
 */
export function external(asked: ExternalDecisions): AuthenticationMethod {
  return {
    type: 'external',
    place: 'anywhere',
    identify: (request) => asked.outcomeOf(request),
    explain: () => ({ unasked: `the server ${asked.authority} would be asked` }),
    challenge: () => undefined,
  };
}

/** What the server decided, as long as it is kept. It outlives swaps that leave the method as it is. */
export class ExternalDecisions {
  readonly #config: ExternalMethodConfig;
  readonly #context: ExternalContext;
  readonly #url: URL;
  /** The origin of the server. */
  readonly authority: string;
  readonly #kept = new AnswerCache<AuthenticationOutcome>(bounds);

  constructor(config: ExternalMethodConfig, context: ExternalContext) {
    this.#config = config;
    this.#context = context;
    this.#url = new URL(config.url);
    this.authority = this.#url.origin;
  }

  outcomeOf(request: PolicyRequest): AuthenticationOutcome | Promise<AuthenticationOutcome> {
    const repeated = this.#config.requestHeaders.find((name) => request.isRepeated(name.toLowerCase()));
    // A backend may read another one than the server.
    if (repeated !== undefined) return { refused: `${repeated} was sent several times` };
    const question = questionFor(request, this.#url, this.#config.requestHeaders);
    if (this.#config.cacheFor === 0) return this.#ask(question, request);
    // The id of a request is its own.
    const { 'x-request-id': _id, ...telling } = question.headers;
    const key = createHash('sha256').update(JSON.stringify(telling)).digest('base64');
    return this.#kept.get(key, this.#context.now()) ?? this.#ask(question, request, key);
  }

  async #ask(question: Question, request: PolicyRequest, key?: string): Promise<AuthenticationOutcome> {
    const { onError, cacheFor } = this.#config;
    const { helper, now } = this.#context;
    try {
      const answer = await helper.ask(question, request);
      const outcome = this.#outcomeIn(answer);
      // A cookie is for one browser, and others may ask the same from the same address.
      if (key !== undefined && answer.fields('set-cookie').length === 0) {
        const weight = 1024 + answer.body.length;
        this.#kept.put(key, outcome, { until: now() + cacheFor, weight });
      }
      return outcome;
    } catch (error) {
      if (!(error instanceof HelperError)) throw error;
      return onError === 'allow' ? { passes: true } : { unavailable: error.message };
    }
  }

  #outcomeIn(answer: HelperAnswer): AuthenticationOutcome {
    const { upstreamHeaders, responseHeaders, identity } = this.#config;
    if (answer.status >= 200 && answer.status < 300) {
      const forwards = upstreamHeaders.map((name): HeaderField => [name, valueIn(answer, name)]);
      return { identity: { ...identityIn(answer, identity, this.authority), forwards } };
    }
    return { answer: denial(answer, responseHeaders) };
  }
}

/** What the server is told: always with GET, so that it needs no body. */
function questionFor(request: PolicyRequest, url: URL, names: readonly string[]): Question {
  const headers: Record<string, string> = {};
  for (const name of names) {
    const field = name.toLowerCase();
    const sent = request.header(field);
    // Whoever has the session of a person can be that person.
    const value = field === 'cookie' && sent !== undefined ? withoutOwn(sent) || undefined : sent;
    if (value !== undefined) headers[field] = value;
  }
  return {
    url,
    method: 'GET',
    headers: {
      ...headers,
      'x-forwarded-for': request.clientAddress,
      'x-forwarded-proto': request.scheme,
      'x-forwarded-host': request.authority,
      'x-forwarded-method': request.method,
      'x-forwarded-uri': request.target,
      'x-request-id': request.requestId,
    },
  };
}

function identityIn(answer: HelperAnswer, names: ExternalMethodConfig['identity'], authority: string): Identity {
  const text = (name: string | undefined): string => (name === undefined ? '' : utf8(valueIn(answer, name)));
  const words = (name: string | undefined): string[] =>
    text(name)
      .split(/[\s,]+/)
      .filter((word) => word !== '');
  const claims = Object.entries(names.claims)
    .map(([claim, name]) => [claim, text(name)] as const)
    .filter(([, value]) => value !== '');
  return {
    method: 'external',
    subject: text(names.subject),
    authority,
    organization: text(names.organization) || undefined,
    tier: text(names.tier) || undefined,
    scopes: words(names.scopes),
    roles: words(names.roles),
    permissions: words(names.permissions),
    claims: Object.fromEntries(claims),
  };
}

/** Header values are read byte by byte. */
function utf8(value: string): string {
  return Buffer.from(value, 'latin1').toString('utf8');
}

/** Repeated fields are joined (RFC 9110 §5.3). Empty if there is none. */
function valueIn(answer: HelperAnswer, name: string): string {
  return valuesIn(answer, name).join(', ');
}

/** The values of a field that can be written to a backend or a client as they are. */
function valuesIn(answer: HelperAnswer, name: string): readonly string[] {
  return answer.fields(name.toLowerCase()).filter((value) => fieldValue.test(value));
}

/** A body that is too long is left out: a part of it would be read as the whole. */
function denial(answer: HelperAnswer, names: readonly string[]): PolicyAnswer {
  const { status, body } = answer;
  const chosen = names.flatMap((name) => valuesIn(answer, name).map((value): HeaderField => [name, value]));
  const headers: HeaderField[] = [...chosen, ['Cache-Control', 'no-store']];
  if (body.length === 0 || body.length > longestBody) return { status, headers };
  const [type = 'application/octet-stream'] = valuesIn(answer, 'content-type');
  return { status, headers: [...headers, ['Content-Type', type]], body: body.toString('utf8') };
}
