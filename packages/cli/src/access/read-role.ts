import { roles, suggestion } from '@sluice/model';
import type { Role } from '@sluice/model';
import { UsageError } from '../command/command.ts';

/** A role by its name, whatever its case. Throws a UsageError that names the roles there are. */
export function readRole(text: string | true | undefined): Role {
  if (typeof text !== 'string') throw new UsageError(`a role is needed: --role ${roles.join('|')}`);
  const role = roles.find((name) => name.toLowerCase() === text.toLowerCase());
  if (role === undefined) {
    throw new UsageError(`there is no role "${text}"; the roles are ${roles.join(', ')}${suggestion(text, roles)}`);
  }
  return role;
}
