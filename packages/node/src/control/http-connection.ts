import type { Logger } from '@sluice/service';
import { HttpAgents } from './http-agents.ts';
import { consumerNews, consumerPage, ControlError, nodeKeyHeader } from '@sluice/model';
import type {
  ChangesRequest,
  ConsumerNews,
  ConsumerPage,
  ConsumerQuestion,
  ControlFailure,
  NodeChanges,
  NodeConnection,
  NodeReport,
} from '@sluice/model';
import { isExposed, readControlUrls } from './control-url.ts';
import { readChanges } from './read-changes.ts';
import { sendRequest } from './send-request.ts';
import type { ControlAnswer } from './send-request.ts';
import { LatestSender } from './latest-sender.ts';
import type { ControlTls } from './control-tls.ts';

export interface HttpConnectionOptions {
  /** The control processes. Changes come from the first that answers; reports go to all. */
  readonly urls: readonly string[];
  /** Sent as bearer token and nowhere else. A client certificate makes it unnecessary. */
  readonly joinToken?: string | undefined;
  /** For https; closed with the connection. Without it the node trusts the usual authorities and shows no certificate. */
  readonly tls?: ControlTls | undefined;
  /** Proves that this node is the one that used its name before. */
  readonly nodeKey?: string | undefined;
  /**
   * Sends the token to other machines over plain http, too, for networks that encrypt by themselves, such as a service
   * mesh. Otherwise such an address is refused.
   */
  readonly allowPlainHttp?: boolean;
  /** How long control may take to answer a report, in milliseconds; 2 s when left out. */
  readonly reportMs?: number;
  readonly log: Logger;
}

/** How much the network may add to the wait, in milliseconds. */
const travelMs = 5_000;

/** Connects to control over HTTP(S). Throws a ControlUrlError for addresses that cannot be used. */
export function createHttpConnection(options: HttpConnectionOptions): NodeConnection {
  const { urls, joinToken, allowPlainHttp = false, log } = options;
  const addresses = readControlUrls(urls, { hasToken: joinToken !== undefined, allowPlainHttp });
  if (addresses.some(isExposed)) {
    log.warn(
      'the join token and the configuration are sent in plain text; anybody on the network can read and change them',
    );
  }
  const headers = {
    accept: 'application/json',
    ...(joinToken !== undefined && { authorization: `Bearer ${joinToken}` }),
    ...(options.nodeKey !== undefined && { [nodeKeyHeader]: options.nodeKey }),
  };
  return new HttpConnection(addresses, { headers, agents: new HttpAgents(options.tls), reportMs: options.reportMs });
}

interface HttpParts {
  readonly headers: Readonly<Record<string, string>>;
  readonly agents: HttpAgents;
  readonly reportMs: number | undefined;
}

class HttpConnection implements NodeConnection {
  readonly #addresses: readonly URL[];
  readonly #headers: Readonly<Record<string, string>>;
  readonly #agents: HttpAgents;
  readonly #reportMs: number;
  readonly #senders: readonly LatestSender<NodeReport>[];
  readonly #closing = new AbortController();
  /** The one that answered last. */
  #preferred = 0;

  constructor(addresses: readonly URL[], { headers, agents, reportMs = 2_000 }: HttpParts) {
    this.#addresses = addresses;
    this.#agents = agents;
    this.#headers = headers;
    this.#reportMs = reportMs;
    this.#senders = addresses.map((address) => new LatestSender((report) => this.#post(address, report)));
  }

  changes(request: ChangesRequest): Promise<NodeChanges> {
    return this.#fromAny((address) => this.#changes(address, request), request.signal);
  }

  consumers(question: ConsumerQuestion): Promise<ConsumerNews> {
    const { nodeId, since, lineage, at, withheld, waitMs, signal } = question;
    return this.#fromAny(async (address) => {
      const url = nodeUrl(address, nodeId, 'consumers');
      setAll(url, { since, lineage, at, withheld: withheld === true ? true : undefined, wait: waitMs });
      return read(consumerNews, parse(await this.#get(url, waitMs, signal)));
    }, signal);
  }

  consumerPage(nodeId: string, from?: string, signal?: AbortSignal): Promise<ConsumerPage> {
    return this.#fromAny(async (address) => {
      const url = nodeUrl(address, nodeId, 'consumers/all');
      setAll(url, { from });
      return read(consumerPage, parse(await this.#get(url, 0, signal)));
    }, signal);
  }

  /** The answer of the first control process that gives one. */
  async #fromAny<T>(ask: (address: URL) => Promise<T>, signal: AbortSignal | undefined): Promise<T> {
    const failures: unknown[] = [];
    for (let turn = 0; turn < this.#addresses.length; turn++) {
      const index = (this.#preferred + turn) % this.#addresses.length;
      try {
        const answer = await ask(this.#addresses[index]);
        this.#preferred = index;
        return answer;
      } catch (error) {
        failures.push(error);
        if (signal?.aborted === true) break;
      }
    }
    throw mostTelling(failures);
  }

  async report(report: NodeReport): Promise<void> {
    try {
      await Promise.any(this.#senders.map((sender) => sender.send(report)));
    } catch (error) {
      throw mostTelling((error as AggregateError).errors);
    }
  }

  close(): Promise<void> {
    this.#closing.abort();
    this.#agents.close();
    return Promise.resolve();
  }

  async #changes(address: URL, request: ChangesRequest): Promise<NodeChanges> {
    const { nodeId, since, lineage, revisionAt, withheld, waitMs, signal } = request;
    const url = nodeUrl(address, nodeId, 'changes');
    setAll(url, { since, lineage, revisionAt, withheld: withheld === true ? true : undefined, wait: waitMs });
    return readChanges(parse(await this.#get(url, waitMs, signal)));
  }

  async #get(url: URL, waitMs: number, signal: AbortSignal | undefined): Promise<ControlAnswer> {
    const answer = await sendRequest({
      url,
      method: 'GET',
      headers: this.#headers,
      agent: this.#agents.agentFor(url),
      signal: signal === undefined ? this.#closing.signal : AbortSignal.any([signal, this.#closing.signal]),
      answerMs: waitMs + travelMs,
    });
    refuseFailure(answer, url);
    return answer;
  }

  async #post(address: URL, report: NodeReport): Promise<void> {
    const url = nodeUrl(address, report.nodeId, 'reports');
    const body = JSON.stringify(report);
    const length = String(Buffer.byteLength(body));
    const answer = await sendRequest({
      url,
      method: 'POST',
      headers: { ...this.#headers, 'content-type': 'application/json', 'content-length': length },
      body,
      agent: this.#agents.agentFor(url),
      signal: this.#closing.signal,
      answerMs: this.#reportMs,
    });
    refuseFailure(answer, address);
  }
}

function nodeUrl(address: URL, nodeId: string, what: string): URL {
  const base = address.pathname.replace(/\/+$/, '');
  return new URL(`${address.origin}${base}/api/v1/gateway/nodes/${encodeURIComponent(nodeId)}/${what}`);
}

function setAll(url: URL, parameters: Readonly<Record<string, string | number | boolean | undefined>>): void {
  for (const [name, value] of Object.entries(parameters))
    if (value !== undefined) url.searchParams.set(name, String(value));
}

/** What control answered about consumers, made sure of. */
function read<T>(
  schema: { safeParse(value: unknown): { success: boolean; data?: T | undefined } },
  answer: unknown,
): T {
  const { success, data } = schema.safeParse(answer);
  if (!success || data === undefined)
    throw new ControlError('garbage', 'control answered something else than consumers');
  return data;
}

function refuseFailure({ status, body }: ControlAnswer, { host }: URL): void {
  if (status >= 200 && status < 300) return;
  const text = `${host} answered ${status}${reasonIn(body)}`;
  // 409: another process has the name of this node.
  if (status === 401 || status === 403 || status === 409) throw new ControlError('unauthorized', text);
  if (status === 429 || status >= 500) throw new ControlError('unavailable', text);
  if (status >= 300 && status < 400) {
    throw new ControlError('garbage', `${text}: redirects are not followed, give the address of control itself`);
  }
  throw new ControlError('garbage', text);
}

/** What an error of the management API says. */
function reasonIn(body: Buffer): string {
  try {
    const { error } = JSON.parse(body.toString()) as { error?: { code?: unknown; message?: unknown } };
    return typeof error?.message === 'string' ? `: ${error.message.slice(0, 200)}` : '';
  } catch {
    // This is no answer of the management API: the status has to do.
    return '';
  }
}

function parse({ body }: ControlAnswer): unknown {
  try {
    return JSON.parse(body.toString());
  } catch (error) {
    throw new ControlError('garbage', 'control answered something that is no JSON', { cause: error });
  }
}

/** The failure that a person can do most about. */
function mostTelling(failures: readonly unknown[]): unknown {
  const order: readonly ControlFailure[] = ['unauthorized', 'garbage', 'unavailable', 'unreachable'];
  const rank = (error: unknown): number =>
    error instanceof ControlError ? order.indexOf(error.failure) : order.length;
  return failures.toSorted((a, b) => rank(a) - rank(b))[0];
}
