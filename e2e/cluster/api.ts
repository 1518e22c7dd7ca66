import { ask, type Answer } from '../kit/index.ts';
import type { ClusterProcess } from './start-process.ts';

/** The management API of a cluster: asks one control process after the other until one answers. */
export class ClusterApi {
  readonly #controls: readonly ClusterProcess[];
  readonly #password: string;
  #token: string | undefined;
  #next = 0;
  /** Attempts that were not acknowledged, by what was answered. */
  readonly refusals: Record<string, number> = {};

  constructor(controls: readonly ClusterProcess[], password: string) {
    this.#controls = controls;
    this.#password = password;
  }

  /** One request to whoever is next; rejects when that one cannot be reached. */
  async request(method: string, path: string, body?: unknown): Promise<Answer> {
    const { managementPort } = this.#controls[this.#next++ % this.#controls.length];
    this.#token ??= await this.#login(managementPort);
    const answer = await this.#send(managementPort, method, path, body);
    if (answer.status === 401) this.#token = undefined;
    return answer;
  }

  /** Repeats a request, at one process and the other, until it is acknowledged; other refusals than 5xx, 429 and 401 fail. */
  async acknowledged(method: string, path: string, body?: unknown): Promise<Answer> {
    for (let attempt = 0; attempt < 2000; attempt++) {
      const answer = await this.request(method, path, body).catch((error: unknown) => error as Error);
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
    const answer = await this.#send(port, 'POST', '/authentication/login', {
      username: 'admin',
      password: this.#password,
    });
    if (answer.status !== 200) throw new Error(`login: ${answer.status} ${answer.body}`);
    return (JSON.parse(answer.body) as { token: string }).token;
  }

  #send(port: number, method: string, path: string, body?: unknown): Promise<Answer> {
    const headers = {
      ...(body !== undefined && { 'content-type': 'application/json' }),
      ...(this.#token !== undefined && { authorization: `Bearer ${this.#token}` }),
    };
    const sent = { method, headers, timeout: 10_000, ...(body !== undefined && { body: JSON.stringify(body) }) };
    return ask(port, `/api/v1${path}`, sent);
  }
}
