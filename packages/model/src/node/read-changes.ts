import type { JsonObject } from '../json-value.ts';
import { ControlError } from './control-connection.ts';
import type { NodeChanges, NodeCommand } from './node-changes.ts';

/**
 * What control answered, made sure of; throws a ControlError that names the field. Fields and commands that a later control
 * may send are passed over. Documents are only seen to be objects: reading them is what the node does with every one.
 */
export function readChanges(value: unknown): NodeChanges {
  const answer = record(value, 'the answer');
  return {
    revision: wholeNumber(answer['revision'], 'revision'),
    lineage: text(answer['lineage'], 'lineage'),
    ...(answer['revisionAt'] !== undefined && { revisionAt: text(answer['revisionAt'], 'revisionAt') }),
    ...(answer['withheld'] !== undefined && { withheld: flag(answer['withheld'], 'withheld') }),
    whole: flag(answer['whole'], 'whole'),
    routes: list(answer['routes'], 'routes').map((item) => document(item, 'routes')),
    backends: list(answer['backends'], 'backends').map((item) => document(item, 'backends')),
    removedRoutes: list(answer['removedRoutes'], 'removedRoutes').map((item) => text(item, 'removedRoutes')),
    removedBackends: list(answer['removedBackends'], 'removedBackends').map((item) => text(item, 'removedBackends')),
    commands: readCommands(answer['commands']),
    ...(answer['announcementKey'] !== undefined && {
      announcementKey: text(answer['announcementKey'], 'announcementKey'),
    }),
  };
}

/** The revision that was announced; undefined for anything else. */
export function readAnnouncement(message: unknown): number | undefined {
  const { revision } = (message ?? {}) as { revision?: unknown };
  return Number.isSafeInteger(revision) && (revision as number) >= 0 ? (revision as number) : undefined;
}

/** Commands as another process sent them; those of a kind that this version does not know are passed over. */
export function readCommands(value: unknown): NodeCommand[] {
  return list(value, 'commands').flatMap((item) => readCommand(item));
}

function readCommand(value: unknown): NodeCommand[] {
  const { id, kind, backendIds } = record(value, 'commands');
  if (kind !== 'checkHealth') return [];
  if (backendIds === undefined) return [{ id: text(id, 'commands.id'), kind }];
  const ids = list(backendIds, 'commands.backendIds').map((item) => text(item, 'commands.backendIds'));
  return [{ id: text(id, 'commands.id'), kind, backendIds: ids }];
}

function record(value: unknown, where: string): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw wrong(where, 'an object');
  return value as Record<string, unknown>;
}

/** A document has a name: without one it could not even be refused by its id. */
function document(value: unknown, where: string): JsonObject {
  const body = record(value, where) as JsonObject;
  text(body['name'], `${where}.name`);
  return body;
}

function list(value: unknown, where: string): unknown[] {
  if (!Array.isArray(value)) throw wrong(where, 'a list');
  return value as unknown[];
}

function text(value: unknown, where: string): string {
  if (typeof value !== 'string' || value === '') throw wrong(where, 'text');
  return value;
}

function wholeNumber(value: unknown, where: string): number {
  if (!Number.isSafeInteger(value) || (value as number) < 0) throw wrong(where, 'a whole number');
  return value as number;
}

function flag(value: unknown, where: string): boolean {
  if (typeof value !== 'boolean') throw wrong(where, 'true or false');
  return value;
}

function wrong(where: string, expected: string): ControlError {
  return new ControlError('garbage', `control answered something else than changes: ${where} is not ${expected}`);
}
