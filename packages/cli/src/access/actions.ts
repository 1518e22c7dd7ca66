import { suggestion } from '@sluice/model';
import { UsageError } from '../command/command.ts';
import type { Arguments } from '../command/command.ts';

/** What a command with actions was asked to do: `sluice user role ada Viewer`. */
export interface Asked<Action extends string> {
  readonly action: Action;
  readonly operands: readonly string[];
}

/**
 * Reads the action of a command and what it is about. `actions` holds the names of the operands of each. Throws a UsageError
 * that shows how it is called.
 */
export function readAction<Action extends string>(
  command: string,
  actions: Readonly<Record<Action, readonly string[]>>,
  { positionals: [given = '', ...operands] }: Arguments,
): Asked<Action> {
  const known = Object.keys(actions) as Action[];
  const action = known.find((name) => name === given);
  if (action === undefined) {
    const hint = suggestion(given, known);
    throw new UsageError(`sluice ${command} cannot "${given}"${hint === '' ? `; it can ${known.join(', ')}` : hint}`);
  }
  const wanted = actions[action];
  if (operands.length !== wanted.length) {
    throw new UsageError(`it is called so: ${['sluice', command, action, ...wanted].join(' ')}`);
  }
  return { action, operands };
}

/** The most that one question to a store is answered with. */
const pageSize = 1000;

/** All of a list that is given in pages. */
export async function everyPage<T>(
  page: (part: { limit: number; offset: number }) => Promise<{ readonly items: readonly T[]; readonly total: number }>,
): Promise<readonly T[]> {
  const all: T[] = [];
  for (;;) {
    const { items, total } = await page({ limit: pageSize, offset: all.length });
    all.push(...items);
    if (items.length === 0 || all.length >= total) return all;
  }
}
