import type { AccessLogEntry } from './access-log-entry.ts';

/** How an entry becomes a line, with its line feed. */
export interface LineFormat {
  /** Whether the query is shown. */
  readonly showsQuery: boolean;
  /** The headers of the request that are shown, in lower case. */
  readonly headers: readonly string[];
  /** Every text is cut after `longest` characters. */
  render(entry: AccessLogEntry, time: Date, longest: number): string;
  /** The line that says how many entries were lost. */
  dropped(time: Date, entries: number): string;
}
