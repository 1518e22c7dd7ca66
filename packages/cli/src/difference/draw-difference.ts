import type { BackendDocument, RouteDocument } from '@sluice/model';
import type { Style } from '../terminal/style.ts';
import { counted } from '../terminal/counted.ts';
import { wrapLine } from '../terminal/wrap-text.ts';
import { printable } from '../terminal/printable.ts';
import { changedFields } from './changed-fields.ts';
import type { ChangedField, Document } from './changed-fields.ts';

/** What is different about one entity: `before` is absent when it is made, `after` when it is removed. */
export interface Change {
  readonly entityType: string;
  readonly entityId: string;
  readonly before?: Document | undefined;
  readonly after?: Document | undefined;
}

/** Longest value that is shown whole. */
const longest = 60;

/**
 * A difference as lines: `+` created, `~` changed with what changed below, `-` removed; created ones first. Longer lines than
 * `width` are broken.
 */
export function drawDifference(
  changes: readonly Change[],
  style: Style,
  width: number = Number.POSITIVE_INFINITY,
): string[] {
  const { created, changed, removed } = sortChanges(changes);
  return [
    ...created.flatMap((change) => wrapLine(`+ ${named(change)}${sketch(change.after ?? {})}`, width).map(style.green)),
    ...changed.flatMap((change) => [
      ...wrapLine(`~ ${named(change)}`, width).map(style.yellow),
      ...changedFields(change.before ?? {}, change.after ?? {}).flatMap((field) =>
        wrapLine(`    ${drawField(field)}`, width),
      ),
    ]),
    ...removed.flatMap((change) => wrapLine(`- ${named(change)}`, width).map(style.red)),
  ];
}

/** `2 created, 1 changed, 3 removed`, without what there is none of. */
export function countDifference(changes: readonly Change[]): string {
  const parts = Object.entries(sortChanges(changes)).filter(([, list]) => list.length > 0);
  return parts.map(([verb, list]) => `${list.length} ${verb}`).join(', ');
}

/** Changes by what they do. */
export function sortChanges(changes: readonly Change[]) {
  return {
    created: changes.filter(({ before }) => before === undefined),
    changed: changes.filter(({ before, after }) => before !== undefined && after !== undefined),
    removed: changes.filter(({ after }) => after === undefined),
  };
}

function named({ entityType, entityId }: Change): string {
  return printable(`${entityType} ${entityId}`);
}

type Fields = Partial<Readonly<Record<keyof RouteDocument | keyof BackendDocument, unknown>>>;

/** A few words on what an entity is. */
function sketch({ pathPattern, url, backends }: Fields): string {
  const parts = [
    ...(typeof pathPattern === 'string' ? [pathPattern] : []),
    ...(typeof url === 'string' ? [url] : []),
    ...(Array.isArray(backends) ? [counted(backends.length, 'backend')] : []),
  ];
  return parts.length === 0 ? '' : printable(`  ${parts.join(', ')}`);
}

function drawField({ path, before, after }: ChangedField): string {
  if (before === undefined) return `${printable(path)}: + ${shown(after)}`;
  if (after === undefined) return `${printable(path)}: - ${shown(before)}`;
  return `${printable(path)}: ${shown(before)} → ${shown(after)}`;
}

function shown(value: unknown): string {
  const text = printable(typeof value === 'string' ? value : JSON.stringify(value));
  const plain = typeof value === 'string' && (value === '' || value.trim() !== value) ? JSON.stringify(text) : text;
  return plain.length <= longest ? plain : `${plain.slice(0, longest - 1)}…`;
}
