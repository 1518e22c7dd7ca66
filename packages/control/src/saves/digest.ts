import { contentOf, contentOfBackend } from '@sluice/model';
import type { PlanInput } from '@sluice/model';
import { createHash } from 'node:crypto';

/** Short, and equal for equal content alone. */
export function digest(content: string): string {
  return createHash('sha256').update(content).digest('base64url');
}

/** The digest of all routes and backends of a file. Comments, the order of keys, and other sections do not count. */
export function digestOfFile({ routes, backends }: PlanInput['file']): string {
  const parts = [
    ...[...routes.values()].map((route) => contentOf(route, (id) => backends.get(id))),
    ...[...backends.values()].map((backend) => contentOfBackend(backend)),
  ];
  return digest(parts.toSorted().join('\n'));
}
