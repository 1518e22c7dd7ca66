import { suggestion } from '@sluice/model';
import { UsageError } from '../command/command.ts';
import type { Arguments } from '../command/command.ts';

/** An action of a command with what it is applied to, as in `sluice user role ada Viewer`. */
export interface ActionCall<Action extends string> {
  readonly action: Action;
  readonly operands: readonly string[];
}

/** Reads the action of a command; `actions` names the operands of each. Throws a UsageError that shows the right call. */
export function readAction<Action extends string>(
  command: string,
  actions: Readonly<Record<Action, readonly string[]>>,
  { positionals: [given = '', ...operands] }: Arguments,
): ActionCall<Action> {
  const known = Object.keys(actions) as Action[];
  const action = known.find((name) => name === given);
  if (action === undefined) {
    const hint = suggestion(given, known);
    throw new UsageError(`sluice ${command} has no action "${given}"${hint || `; there are ${known.join(', ')}`}`);
  }
  const wanted = actions[action];
  if (operands.length !== wanted.length) {
    throw new UsageError(`expected: ${['sluice', command, action, ...wanted].join(' ')}`);
  }
  return { action, operands };
}

/** The largest page that a store gives. */
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
