import { ControlError, nodeChanges } from '@sluice/model';
import type { NodeChanges } from '@sluice/model';

/** What control answered, made sure of; throws a ControlError that names the field. Fields that a later control adds are passed over. */
export function readChanges(answer: unknown): NodeChanges {
  const read = nodeChanges.safeParse(answer);
  if (read.success) return read.data;
  const [{ path, message }] = read.error.issues;
  const where = path.filter((step) => typeof step === 'string').join('.') || 'the answer';
  throw new ControlError('garbage', `control answered something else than changes: ${where}: ${message}`);
}
