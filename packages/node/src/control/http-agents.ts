import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import type { ControlTls, TlsMaterial } from './control-tls.ts';

const settings = { keepAlive: true, keepAliveMsecs: 5_000, maxSockets: 8, maxFreeSockets: 2 };

/** Keeps connections to control open, and opens new ones when certificates are renewed. */
export class HttpAgents {
  readonly #plain = new HttpAgent(settings);
  readonly #tls: ControlTls | undefined;
  #material: TlsMaterial | undefined;
  #secure: HttpsAgent | undefined;

  constructor(tls: ControlTls | undefined) {
    this.#tls = tls;
  }

  agentFor({ protocol }: URL): HttpAgent {
    if (protocol !== 'https:') return this.#plain;
    const material = this.#tls?.current;
    if (this.#secure !== undefined && material === this.#material) return this.#secure;
    this.#secure?.destroy();
    this.#material = material;
    this.#secure = new HttpsAgent({ ...settings, ...material });
    return this.#secure;
  }

  /** May be called again. */
  close(): void {
    this.#tls?.close();
    this.#plain.destroy();
    this.#secure?.destroy();
  }
}
