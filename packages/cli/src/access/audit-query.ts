import type { AuditQuery, AuditRecord } from '@sluice/control';
import type { Arguments, Context } from '../command/command.ts';
import { readLimit } from '../command/read-limit.ts';
import { fitTable, leftOutNote } from '../terminal/fit-table.ts';
import type { Column } from '../terminal/fit-table.ts';
import { sizeOf } from '../terminal/screen.ts';
import { styleFor } from '../terminal/style.ts';
import { printable } from '../terminal/printable.ts';
import { readPast } from './read-time.ts';

/** Which entries, and how many of the latest at most. */
export type LatestQuery = Omit<AuditQuery, 'offset'>;

/** Reads the flags of `sluice audit`; `now` is in milliseconds since 1970. Throws a UsageError. */
export function readAuditQuery({ options }: Arguments, now: number): LatestQuery {
  const { limit, since, user, type, entity } = options;
  const cut = entity?.indexOf('/') ?? -1;
  return {
    limit: readLimit(limit, { usual: 50, most: 1_000_000 }),
    since: since === undefined ? undefined : readPast('since', since, now),
    user,
    eventType: type,
    entityType: cut === -1 ? entity : entity?.slice(0, cut),
    entityId: cut === -1 ? undefined : entity?.slice(cut + 1),
  };
}

/** Entries as lines. */
export function shownEntries(
  entries: readonly AuditRecord[],
  { switches }: Arguments,
  { stdout, env }: Context,
): string {
  if (switches.has('json')) return entries.map((entry) => `${JSON.stringify(entry)}\n`).join('');
  const style = styleFor(stdout, env);
  const width = sizeOf(stdout).columns;
  const rows = entries.map((entry) => cellsOf(entry, width).map((cell) => printable(cell)));
  const fitted = fitTable(columns, rows, width);
  const lines = fitted.rows.flatMap((each, index) => (entries[index]?.outcome === 'done' ? each : each.map(style.red)));
  // Entries that are followed come one by one, and the note would come with each.
  const note = switches.has('follow') ? [] : leftOutNote(fitted, width).map(style.dim);
  return [...lines, ...note].map((line) => `${line}\n`).join('');
}

/** They have no header. */
const columns: readonly Column[] = [
  { title: 'time', wraps: true },
  { title: 'outcome' },
  { title: 'who', wraps: true },
  { title: 'address', leaveOut: 3 },
  { title: 'event', wraps: true },
  { title: 'entity', wraps: true, leaveOut: 1 },
  { title: 'details', wraps: true, leaveOut: 2 },
];

function cellsOf(entry: AuditRecord, width: number): string[] {
  const [at = '', ...others] = columnsOf(entry);
  // On a terminal it is shorter, and can be broken between date and time.
  const time = at.replace('T', ' ').replace(/\.\d+Z$/, 'Z');
  return [Number.isFinite(width) ? time : at, ...others];
}

function columnsOf({
  at,
  outcome,
  user,
  userKind,
  address,
  eventType,
  entityType,
  entityId,
  revision,
  details,
}: AuditRecord): string[] {
  const about = entityType === undefined ? '' : entityId === undefined ? entityType : `${entityType}/${entityId}`;
  const more = [
    ...(revision === undefined ? [] : [`revision ${revision}`]),
    ...Object.entries(details ?? {}).flatMap(([name, value]) => {
      return value === undefined ? [] : [`${name}: ${typeof value === 'string' ? value : JSON.stringify(value)}`];
    }),
  ].join(', ');
  // A key may have the name of a user.
  const who = userKind === 'apiKey' ? `${user} (API key)` : user;
  return [at, outcome, who, address, eventType, about, more];
}
