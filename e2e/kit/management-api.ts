import { ask } from './ask.ts';
import type { Answer } from './ask.ts';
import type { LastingProcess } from './lasting-process.ts';

/** Whom to ask, and who asks. */
export interface ManagementApiOptions {
  readonly controls: readonly Pick<LastingProcess, 'managementPort'>[];
  readonly username?: string;
  readonly password: string;
}

/** The management API of one control process or several: asks one after the other until one answers. */
export class ManagementApi {
  readonly #options: ManagementApiOptions;
  #token: string | undefined;
  #next = 0;
  /** Attempts that were not acknowledged, by what was answered. */
  readonly refusals: Record<string, number> = {};

  constructor(options: ManagementApiOptions) {
    this.#options = options;
  }

  /** One request to whoever is next; rejects when that one cannot be reached. */
  async request(method: string, path: string, body?: unknown, headers: Headers = {}): Promise<Answer> {
    const { controls } = this.#options;
    const { managementPort } = controls[this.#next++ % controls.length];
    this.#token ??= await this.#login(managementPort);
    const answer = await this.#send(managementPort, { method, path, body, headers });
    if (answer.status === 401) this.#token = undefined;
    return answer;
  }

  /** Repeats a request, at one process and the other, until it is acknowledged; other refusals than 5xx, 429 and 401 fail. */
  async acknowledged(method: string, path: string, body?: unknown, headers: Headers = {}): Promise<Answer> {
    for (let attempt = 0; attempt < 2000; attempt++) {
      const answer = await this.request(method, path, body, headers).catch((error: unknown) => error as Error);
      if (!(answer instanceof Error) && answer.status < 300) return answer;
      const kind = answer instanceof Error ? 'unreachable' : String(answer.status);
      this.refusals[kind] = (this.refusals[kind] ?? 0) + 1;
      if (!(answer instanceof Error) && answer.status < 500 && ![401, 429].includes(answer.status)) {
        throw new Error(`${method} ${path}: ${answer.status} ${answer.body}`);
      }
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
    throw new Error(`${method} ${path} was never acknowledged: ${JSON.stringify(this.refusals)}`);
  }

  async #login(port: number): Promise<string> {
    const { username = 'admin', password } = this.#options;
    const body = { username, password };
    const answer = await this.#send(port, { method: 'POST', path: '/authentication/login', body, headers: {} });
    if (answer.status !== 200) throw new Error(`login: ${answer.status} ${answer.body}`);
    return (JSON.parse(answer.body) as { token: string }).token;
  }

  #send(port: number, { method, path, body, headers }: Sent): Promise<Answer> {
    const all = {
      ...(body !== undefined && { 'content-type': 'application/json' }),
      ...(this.#token !== undefined && { authorization: `Bearer ${this.#token}` }),
      ...headers,
    };
    const sent = { method, headers: all, timeout: 10_000, ...(body !== undefined && { body: JSON.stringify(body) }) };
    return ask(port, `/api/v1${path}`, sent);
  }
}

type Headers = Readonly<Record<string, string>>;

interface Sent {
  readonly method: string;
  readonly path: string;
  readonly body: unknown;
  readonly headers: Headers;
}
