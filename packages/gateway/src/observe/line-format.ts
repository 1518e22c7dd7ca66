import type { AccessLogEntry } from './access-log-entry.ts';

/** How an entry becomes a line, with its line feed. Times are in milliseconds since 1970. */
export interface LineFormat {
  /** Whether the query is shown. */
  readonly showsQuery: boolean;
  /** The headers of the request that are shown, in lower case. */
  readonly headers: readonly string[];
  /** Every text is cut after `longest` characters. */
  render(entry: AccessLogEntry, at: number, longest: number): string;
  /** The line that says how many entries were lost. */
  dropped(at: number, entries: number): string;
}
