import { operationList, operations } from '@sluice/model/api';
import type { DeploymentNews, LoginResource, Operation, OperationId, QueryInput } from '@sluice/model/api';
import { errorOf, UnreachableError } from './client-error.ts';
import { addressOf, settingsOf } from './client-request.ts';
import type { AnyRequest } from './client-request.ts';
import { ClientSession } from './client-session.ts';
import type { SessionOptions } from './client-session.ts';
import type { ClientCalls, ClientDryRuns } from './client-types.ts';
import type { StreamConnection } from './event-stream.ts';
import { followRequests } from './follow-requests.ts';
import type { RequestNews } from './follow-requests.ts';
import { watchDeployment } from './watch-deployment.ts';
import type { WatchOptions } from './watch-deployment.ts';

export interface ClientOptions extends SessionOptions {
  /** The address of the management port, such as `http://127.0.0.1:5000`. */
  readonly url: string;
  /** Another `fetch`, for tests or for private certificates. */
  readonly fetch?: (url: URL, settings: RequestInit) => Promise<Response>;
  /** Another way to wait for so many milliseconds, or until the signal is aborted; for tests. */
  readonly pause?: StreamConnection['pause'];
}

/** A client of the management API. */
export type Client = ClientCalls & {
  readonly dryRun: ClientDryRuns;
  /**
   * Follows a deployment until it has ended, and reconnects when necessary. It yields each event once, the deployment whenever
   * it has changed, and its figures every second. Rejects when the first connection fails, or with an ApiError.
   */
  watchDeployment(deploymentId: string, options?: WatchOptions): AsyncIterable<DeploymentNews>;
  /** Follows requests as they end, until the signal is aborted. It reconnects, and rejects as `watchDeployment` does. */
  followRequests(filter: QueryInput<'followRequests'>, signal: AbortSignal): AsyncIterable<RequestNews>;
};

/** The operations whose tokens the client uses from then on. */
const logins: ReadonlySet<string> = new Set<OperationId>(['login', 'refresh', 'oidcToken']);

/**
 * Makes a client with a method for each operation of the API, by its id. It runs in browsers as well. After `login` it uses
 * the tokens of the answer, and with a refresh token it renews them when they have expired.
 */
export function createClient(options: ClientOptions): Client {
  const caller = new Caller(options);
  const calls: Record<string, unknown> = {};
  const dryRuns: Record<string, unknown> = {};
  for (const { id, ...operation } of operationList) {
    if (operation.answer.isEventStream === true) continue;
    calls[id] = (request: AnyRequest = {}) => caller.call(id, operation, request);
    if (operation.dryRun !== true) continue;
    dryRuns[id] = (request: AnyRequest = {}) =>
      caller.call(id, operation, { ...request, query: { ...request.query, dryRun: true } });
  }
  const watch: Client['watchDeployment'] = (deploymentId, watchOptions = {}) =>
    watchDeployment(
      {
        open: (lastEventId, signal) =>
          caller.open(operations.watchDeployment, { params: { deploymentId }, lastEventId, signal }),
        pause: options.pause ?? pause,
      },
      watchOptions,
    );
  const follow: Client['followRequests'] = (query, signal) =>
    followRequests(
      {
        open: (_last, ended) => caller.open(operations.followRequests, { query, signal: ended }),
        pause: options.pause ?? pause,
      },
      signal,
    );
  return { ...calls, dryRun: dryRuns, watchDeployment: watch, followRequests: follow } as unknown as Client;
}

class Caller {
  readonly #options: ClientOptions;
  readonly #session: ClientSession;

  constructor(options: ClientOptions) {
    this.#options = options;
    this.#session = new ClientSession(options);
  }

  async call(id: OperationId, operation: Operation, request: AnyRequest): Promise<unknown> {
    const answer = await readAnswer(await this.open(operation, request));
    if (logins.has(id)) this.#session.begin(answer as LoginResource);
    if (id === 'logout') this.#session.end();
    return answer;
  }

  /** The beginning of the answer. Rejects unless it is a success. */
  async open(operation: Operation, request: AnyRequest): Promise<Response> {
    const token = operation.auth === 'open' ? undefined : await this.#session.token();
    const response = await this.#send(operation, request, token);
    if (response.status !== 401 || operation.auth === 'open') return successful(response);
    const error = await errorOf(response);
    if (!(await this.#session.renew(token, (refreshToken) => this.#refresh(refreshToken)))) throw error;
    return successful(await this.#send(operation, request, await this.#session.token()));
  }

  async #refresh(refreshToken: string): Promise<LoginResource> {
    const response = await this.#send(operations.refresh, { body: { refreshToken } }, undefined);
    return (await readAnswer(await successful(response))) as LoginResource;
  }

  async #send(operation: Operation, request: AnyRequest, token: string | undefined): Promise<Response> {
    const { url, fetch: send = (address, settings) => fetch(address, settings) } = this.#options;
    const address = addressOf(url, operation, request);
    try {
      return await send(address, settingsOf(operation, request, token));
    } catch (error) {
      if (request.signal?.aborted === true) throw error;
      throw new UnreachableError(`${address.origin} does not answer${reasonOf(error)}`, { cause: error });
    }
  }
}

async function successful(response: Response): Promise<Response> {
  if (!response.ok) throw await errorOf(response);
  return response;
}

async function readAnswer(response: Response): Promise<unknown> {
  return response.status === 204 ? undefined : response.json();
}

/** The error of `fetch` says only that it failed; its cause says why. */
function reasonOf(error: unknown): string {
  const { cause } = error as { cause?: { code?: unknown; message?: unknown } };
  const reason = cause?.code ?? cause?.message;
  return typeof reason === 'string' && reason !== '' ? `: ${reason}` : '';
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener('abort', done);
    if (signal.aborted) done();
  });
}
