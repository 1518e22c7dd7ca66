import { errorCodes } from '@sluice/model/errors';
import type {
  ClientCertificate,
  HeaderField,
  Identity,
  PolicyAnswer,
  PolicyRequest,
  PolicyResponse,
} from '../policy.ts';
import type { PolicyDefinition } from './define-policy.ts';
import { OwnPolicy } from './own-policy.ts';
import type { OwnOutcome } from './own-policy.ts';

/** A request that a policy is tried on, described by data, and what its backend would answer. */
export interface PolicyTrial {
  readonly options?: unknown;
  readonly method?: string;
  /** With its query, if it has one. */
  readonly path?: string;
  readonly host?: string;
  /** A list stands for a header that comes several times. */
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  /** `https` if absent. */
  readonly scheme?: 'http' | 'https';
  readonly isFromTrustedProxy?: boolean;
  readonly clientCertificate?: ClientCertificate;
  readonly clientAddress?: string;
  readonly routeName?: string;
  readonly parameters?: Readonly<Record<string, string>>;
  readonly identity?: Identity | undefined;
  /** The answer of the backend; status 200 without headers if absent. */
  readonly response?: { readonly status?: number; readonly headers?: Readonly<Record<string, string>> };
  /** As in the configuration, in milliseconds: 1000 if absent. */
  readonly timeout?: number;
}

/** What a policy did. */
export interface PolicyRun {
  /** Its answer instead of that of a backend; undefined when the request passed. */
  readonly answer: PolicyAnswer | undefined;
  /** The headers that the backend would get. */
  readonly headers: Readonly<Record<string, string>>;
  /** The path that the backend would get, with the query. */
  readonly path: string;
  readonly identity: Identity | undefined;
  /** The status and the headers that the client would get, unless the policy answered with an error. */
  readonly response: { readonly status: number; readonly headers: Readonly<Record<string, string>> };
  /** What the gateway would count. */
  readonly outcomes: readonly OwnOutcome[];
  /** What the gateway would log. */
  readonly errors: readonly unknown[];
}

/** Tries a policy on a request as the gateway runs it, without a gateway. Rejects when the policy refuses its options. */
export async function runPolicy<Options>(
  definition: PolicyDefinition<Options>,
  trial: PolicyTrial = {},
): Promise<PolicyRun> {
  const [outcomes, errors]: [OwnOutcome[], unknown[]] = [[], []];
  const { options = {}, timeout = 1000 } = trial;
  const policy = new OwnPolicy(definition, {
    options,
    timeout,
    count: (outcome) => outcomes.push(outcome),
    failed: (_policy, error) => errors.push(error),
  });
  const request = new TriedRequest(trial);
  const answer = (await policy.onRequest(request)) ?? undefined;
  const response = responseFor(answer, trial);
  for (const [name, value] of request.added) response.setHeader(name, value);
  policy.onResponse(request, response);
  request.end();
  policy.giveBack();
  const { headers, sentPath: path, identity } = request;
  const { status, sent } = response;
  return {
    answer,
    headers: Object.fromEntries(headers),
    path,
    identity,
    response: { status, headers: Object.fromEntries(sent) },
    outcomes,
    errors,
  };
}

class TriedRequest implements PolicyRequest {
  readonly method: string;
  readonly path: string;
  readonly query: string;
  readonly host: string;
  readonly clientAddress: string;
  readonly requestId = 'trial';
  readonly traceId = 'trial';
  readonly routeName: string;
  readonly headers: Map<string, string>;
  identity: Identity | undefined;
  readonly finding = undefined;
  readonly isComplete = true;
  readonly isFromTrustedProxy: boolean;
  readonly scheme: 'http' | 'https';
  readonly added: HeaderField[] = [];
  readonly #repeated: ReadonlySet<string>;
  readonly #certificate: ClientCertificate | undefined;
  readonly #received: ReadonlyMap<string, string>;
  readonly #parameters: Readonly<Record<string, string>>;
  readonly #releases: (() => void)[] = [];
  readonly #began = performance.now();
  #path: string;
  #query: string;

  constructor(trial: PolicyTrial) {
    const {
      method = 'GET',
      path = '/',
      host = 'example.com',
      clientAddress = '192.0.2.1',
      routeName = 'trial',
      scheme = 'https',
      isFromTrustedProxy = false,
      headers = {},
    } = trial;
    const [own, ...query] = path.split('?');
    this.method = method;
    this.path = own;
    this.query = query.join('?');
    this.host = host;
    this.clientAddress = clientAddress;
    this.routeName = routeName;
    this.identity = trial.identity;
    this.scheme = scheme;
    this.isFromTrustedProxy = isFromTrustedProxy;
    this.#certificate = trial.clientCertificate;
    this.headers = lowerCase(joined(headers));
    this.#received = lowerCase(first(headers));
    this.#repeated = repeatedIn(headers);
    this.#parameters = trial.parameters ?? {};
    this.#path = own;
    this.#query = this.query;
  }

  get authority(): string {
    return this.host;
  }

  get target(): string {
    return this.query === '' ? this.path : `${this.path}?${this.query}`;
  }

  clientCertificate(): ClientCertificate | undefined {
    return this.#certificate;
  }

  isRepeated(lowerCaseName: string): boolean {
    return this.#repeated.has(lowerCaseName);
  }

  rewriteQuery(query: string): void {
    this.#query = query;
  }

  addResponseHeader(name: string, value: string): void {
    this.added.push([name, value]);
  }

  /** The path with the query, as the backend gets it. */
  get sentPath(): string {
    return this.#query === '' ? this.#path : `${this.#path}?${this.#query}`;
  }

  parameters(): Readonly<Record<string, string>> {
    return this.#parameters;
  }

  elapsedMs(): number {
    return performance.now() - this.#began;
  }

  header(lowerCaseName: string): string | undefined {
    return this.#received.get(lowerCaseName);
  }

  setHeader(name: string, value: string): void {
    this.removeHeader(name);
    this.headers.set(name.toLowerCase(), value);
  }

  /** Like the gateway, it removes what a backend could take for this header, too. */
  removeHeader(name: string): void {
    const loose = (text: string): string => text.toLowerCase().replaceAll(/[^a-z0-9]/g, '-');
    for (const other of this.headers.keys()) if (loose(other) === loose(name)) this.headers.delete(other);
  }

  rewritePath(path: string): void {
    this.#path = path;
  }

  onEnd(release: () => void): void {
    this.#releases.push(release);
  }

  onceServed(release: () => void): void {
    this.#releases.push(release);
  }

  end(): void {
    for (const release of this.#releases.splice(0)) release();
  }
}

/** The response that policies see: that of the backend, or the answer of the policy itself. */
function responseFor(answer: PolicyAnswer | undefined, { response = {} }: PolicyTrial) {
  const own = answer === undefined ? undefined : statusOf(answer);
  const sent = own === undefined ? lowerCase(response.headers) : lowerCase(Object.fromEntries(answer?.headers ?? []));
  return {
    status: own ?? response.status ?? 200,
    sent,
    header: (name: string) => sent.get(name),
    setHeader: (name: string, value: string) => void sent.set(name.toLowerCase(), value),
    removeHeader: (name: string) => void sent.delete(name.toLowerCase()),
  } satisfies PolicyResponse & { readonly sent: Map<string, string> };
}

function statusOf(answer: PolicyAnswer): number {
  return 'error' in answer ? errorCodes[answer.error].status : answer.status;
}

type Headers = NonNullable<PolicyTrial['headers']>;

/** As policies read them: repeated fields give the first value. */
function first(headers: Headers): Record<string, string> {
  return valuesOf(headers, ([value = '']) => value);
}

/** As the backend gets them: several fields are one with commas. */
function joined(headers: Headers): Record<string, string> {
  return valuesOf(headers, (values) => values.join(', '));
}

function valuesOf(headers: Headers, take: (values: readonly string[]) => string): Record<string, string> {
  const entries = Object.entries(headers).map(([name, value]): HeaderField => [name, take([value].flat())]);
  return Object.fromEntries(entries);
}

function repeatedIn(headers: Headers): Set<string> {
  const repeated = Object.entries(headers).filter(([, value]) => [value].flat().length > 1);
  return new Set(repeated.map(([name]) => name.toLowerCase()));
}

function lowerCase(headers: Readonly<Record<string, string>> = {}): Map<string, string> {
  return new Map(Object.entries(headers).map(([name, value]): HeaderField => [name.toLowerCase(), value]));
}
