import type { LogLevelName, RouteConfig } from '@sluice/model';
import { createRedaction } from '@sluice/service/redaction';
import { EntryRedaction } from '../observe/entry-redaction.ts';
import type { LogSettings, NamedText } from './messages.ts';

/** What a worker knows of the log: its level, and what is hidden in it. */
export class WorkerLogging {
  readonly #redaction = createRedaction();
  readonly entries = new EntryRedaction(this.#redaction);
  #level: LogLevelName = 'info';

  get isDebugging(): boolean {
    return this.#level === 'debug';
  }

  use({ level, redact, secrets }: LogSettings): void {
    this.#level = level;
    this.#redaction.setNames(redact);
    this.#redaction.hideValues(secrets);
    this.entries.renew();
  }

  /** The secret in a file is hidden wherever it turns up. */
  hideText(file: NamedText): void {
    this.#redaction.hideValues(secretsIn(file));
  }

  /** Where a route expects credentials, they are hidden, whatever the place is called. */
  hideCredentials({ authentication, split }: Pick<RouteConfig, 'authentication' | 'split'>): void {
    const places = authentication?.methods.flatMap((method) => [
      'query' in method ? method.query : undefined,
      'header' in method ? method.header : undefined,
      'cookie' in method ? method.cookie : undefined,
    ]);
    const names = places?.filter((name) => name !== undefined) ?? [];
    if (names.length > 0) {
      this.#redaction.hideNames(names);
      this.entries.renew();
    }
    if (split !== undefined) this.hideCredentials(split.candidate);
  }
}

/** The longest secret that is looked for; longer texts, and those of several lines, are keys and tables. */
const longestSecret = 8192;

/** The secret that a file of a route holds, if it is one line. */
export function secretsIn({ kind, text }: NamedText): string[] {
  if ((kind !== 'secret' && kind !== 'credentials') || text === undefined) return [];
  const secret = text.trim();
  return secret.length > longestSecret || secret.includes('\n') ? [] : [secret];
}
