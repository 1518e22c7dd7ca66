import type { OutgoingHttpHeaders } from 'node:http';
import { ask } from '../kit/index.ts';
import type { Answer } from '../kit/index.ts';

/** What a browser sends when a person goes to a page. */
const navigation = { accept: 'text/html,*/*', 'sec-fetch-mode': 'navigate', 'sec-fetch-site': 'none' };

/** A browser: it has cookies for each host, and follows redirects when it is told to. */
export class Browser {
  readonly jars = new Map<string, Map<string, string>>();
  readonly #addressOf: (host: string) => number;

  /** `addressOf` is the port on this machine at which a host is found. */
  constructor(addressOf: (host: string) => number) {
    this.#addressOf = addressOf;
  }

  jar(host: string): Map<string, string> {
    const jar = this.jars.get(host) ?? new Map<string, string>();
    this.jars.set(host, jar);
    return jar;
  }

  /** One request; a navigation unless `headers` say otherwise. */
  async get(url: string, headers: OutgoingHttpHeaders = navigation, rest: { method?: string } = {}): Promise<Answer> {
    const { host, pathname, search } = new URL(url);
    const jar = this.jar(host);
    const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join('; ');
    const sent = { host, ...headers, ...(cookie !== '' && { cookie }) };
    const answer = await ask(this.#addressOf(host), pathname + search, { headers: sent, ...rest });
    for (const line of answer.headers['set-cookie'] ?? []) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      if (/max-age=0|expires=Thu, 01 Jan 1970/i.test(line)) jar.delete(name);
      else jar.set(name, value);
    }
    return answer;
  }

  /** Goes to a page, through redirects, until `stop` or a page. Gives the last answer and where it was. */
  async visit(url: string, stop?: (url: string) => boolean): Promise<Answer & { readonly url: string }> {
    let at = url;
    for (let step = 0; step < 15; step++) {
      const answer = await this.get(at);
      const { location } = answer.headers;
      if (location === undefined) return { ...answer, url: at };
      at = new URL(location, at).href;
      if (stop?.(at) === true) return { ...answer, url: at };
    }
    throw new Error(`redirects without end, last to ${at}`);
  }
}
