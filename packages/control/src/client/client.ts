import { operationList, operations } from '@sluice/model/api';
import type { LoginResource, Operation, OperationId } from '@sluice/model/api';
import { errorOf, UnreachableError } from './client-error.ts';
import { addressOf, settingsOf } from './client-request.ts';
import type { AnyRequest } from './client-request.ts';
import { ClientSession } from './client-session.ts';
import type { SessionOptions } from './client-session.ts';
import type { ClientCalls, ClientDryRuns } from './client-types.ts';

/** Settings of a client. */
export interface ClientOptions extends SessionOptions {
  /** Address of the management port, such as `http://127.0.0.1:5000`. */
  readonly url: string;
  /** Another `fetch`, for tests or for certificates of one's own. */
  readonly fetch?: (url: URL, settings: RequestInit) => Promise<Response>;
}

/** A client of the management API. */
export type Client = ClientCalls & {
  /** Every write as a dry run. */
  readonly dryRun: ClientDryRuns;
};

/** Logins whose tokens the client goes on with. */
const logins: ReadonlySet<string> = new Set<OperationId>(['login', 'refresh', 'oidcToken']);

/**
 * Makes a client: a method for each operation of the API, by its id. Runs in browsers too. After `login` it goes on with the
 * tokens it got; with a refresh token it renews them by itself when they have run out.
 */
export function createClient(options: ClientOptions): Client {
  const caller = new Caller(options);
  const calls: Record<string, unknown> = {};
  const dryRuns: Record<string, unknown> = {};
  for (const { id, ...operation } of operationList) {
    calls[id] = (request: AnyRequest = {}) => caller.call(id, operation, request);
    if (operation.dryRun !== true) continue;
    dryRuns[id] = (request: AnyRequest = {}) =>
      caller.call(id, operation, { ...request, query: { ...request.query, dryRun: true } });
  }
  return { ...calls, dryRun: dryRuns } as unknown as Client;
}

class Caller {
  readonly #options: ClientOptions;
  readonly #session: ClientSession;

  constructor(options: ClientOptions) {
    this.#options = options;
    this.#session = new ClientSession(options);
  }

  async call(id: OperationId, operation: Operation, request: AnyRequest): Promise<unknown> {
    const answer = await this.#answer(operation, request);
    if (logins.has(id)) this.#session.begin(answer as LoginResource);
    if (id === 'logout') this.#session.end();
    return answer;
  }

  async #answer(operation: Operation, request: AnyRequest): Promise<unknown> {
    const token = operation.auth === 'open' ? undefined : await this.#session.token();
    const response = await this.#send(operation, request, token);
    if (response.status !== 401 || operation.auth === 'open') return readAnswer(response);
    const error = await errorOf(response);
    if (!(await this.#session.renew(token, (refreshToken) => this.#refresh(refreshToken)))) throw error;
    return readAnswer(await this.#send(operation, request, await this.#session.token()));
  }

  async #refresh(refreshToken: string): Promise<LoginResource> {
    const response = await this.#send(operations.refresh, { body: { refreshToken } }, undefined);
    return (await readAnswer(response)) as LoginResource;
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

async function readAnswer(response: Response): Promise<unknown> {
  if (!response.ok) throw await errorOf(response);
  return response.status === 204 ? undefined : response.json();
}

/** `fetch` says only that it failed; its cause says why. */
function reasonOf(error: unknown): string {
  const { cause } = error as { cause?: { code?: unknown; message?: unknown } };
  const reason = cause?.code ?? cause?.message;
  return typeof reason === 'string' && reason !== '' ? `: ${reason}` : '';
}
