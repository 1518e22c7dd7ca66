import { operationList, perMinuteOf } from '../../packages/model/src/api/index.ts';
import type { Operation } from '../../packages/model/src/api/index.ts';
import { roles } from '../../packages/model/src/index.ts';
import { code, markdownTable } from './markdown.ts';

/** Every operation of the management API in a table: purpose, roles, scope, limit and what it takes. */
export function renderApiOperations(): string {
  const rows = operationList.map((operation) => [
    `${code(`${operation.method} ${operation.path}`)}<br>${operation.summary}`,
    whoMay(operation),
    operation.scope === undefined ? '' : code(operation.scope),
    often(operation),
    understood(operation).join(', '),
  ]);
  return markdownTable(['operation', 'roles', 'scope', 'limit', 'takes'], rows);
}

function whoMay({ auth, roles: allowed }: Operation): string {
  if (auth === 'open') return 'open';
  if (auth === 'node') return 'nodes';
  return allowed.length === roles.length ? 'all' : allowed.join(', ');
}

function often({ limit, auth }: Operation): string {
  if (limit === undefined) return '';
  return auth === 'user' ? `${limit.perMinute}/min, Admin ${perMinuteOf(limit, 'Admin')}` : `${limit.perMinute}/min`;
}

function understood({ query, dryRun, ifMatch, idempotencyKey, lastEventId }: Operation): string[] {
  const taken = [
    [query !== undefined && 'offset' in query.shape, 'pages'],
    [dryRun === true, 'dry run'],
    [ifMatch === true, 'If-Match'],
    [idempotencyKey === true, 'Idempotency-Key'],
    [lastEventId === true, 'Last-Event-ID'],
  ] as const;
  return taken.flatMap(([applies, name]) => (applies ? [name] : []));
}
