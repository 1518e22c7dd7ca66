import type { Redaction } from '@sluice/service/redaction';
import { hidden } from '@sluice/service/redaction';
import type { Segment } from '@sluice/model';
import type { AccessLogEntry } from './access-log-entry.ts';

/** The fields of an entry that the configuration may hide by their name. */
const hideable = [
  'method',
  'path',
  'query',
  'host',
  'reason',
  'route',
  'backend',
  'version',
  'deployment',
  'authentication',
  'consumer',
  'subject',
  'tier',
  'client',
  'requestId',
  'traceId',
] as const;

/** Takes secrets out of what is logged and traced of an exchange. */
export class EntryRedaction {
  readonly #redaction: Redaction;
  /** Whether a header is hidden whatever it holds, by its name. */
  readonly #headers = new Map<string, boolean>();
  #hiddenFields: readonly (typeof hideable)[number][] = [];
  #segments = new WeakMap<readonly Segment[], readonly number[] | false>();

  constructor(redaction: Redaction) {
    this.#redaction = redaction;
    this.renew();
  }

  /** Hides by the present names of the redaction. */
  renew(): void {
    this.#headers.clear();
    this.#hiddenFields = hideable.filter((name) => this.#redaction.hides(name));
    this.#segments = new WeakMap();
  }

  /** The path. `pattern` is that of its route, whose named segments may be secret. */
  path(path: string, pattern: readonly Segment[] | undefined): string {
    return this.#redaction.path(path, pattern && this.#secretSegments(pattern));
  }

  query(query: string): string {
    return this.#redaction.query(query);
  }

  /** Names come from the configuration and from us, never from clients: there are few of them. */
  header(name: string, value: string): string {
    let isHidden = this.#headers.get(name);
    if (isHidden === undefined) {
      isHidden = this.#redaction.hides(name);
      this.#headers.set(name, isHidden);
    }
    return isHidden ? hidden : this.#redaction.headerValue(value);
  }

  text(text: string): string {
    return this.#redaction.text(text);
  }

  /** The entry without the fields that the configuration hides. */
  entry(entry: AccessLogEntry): AccessLogEntry {
    if (this.#hiddenFields.length === 0) return entry;
    const shown = this.#hiddenFields.filter((name) => entry[name] !== undefined).map((name) => [name, hidden] as const);
    return { ...entry, ...Object.fromEntries(shown) };
  }

  #secretSegments(pattern: readonly Segment[]): readonly number[] | undefined {
    const known = this.#segments.get(pattern);
    if (known !== undefined) return known || undefined;
    const places = this.#redaction.secretSegments(
      pattern.map((part) => (part.kind === 'param' ? part.name : undefined)),
    );
    this.#segments.set(pattern, places ?? false);
    return places;
  }
}
