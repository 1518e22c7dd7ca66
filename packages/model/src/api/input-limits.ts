import type { Role } from '../config/roles.ts';
import type { Operation } from './operation.ts';

/** How much a request may bring. */
export interface InputLimit {
  readonly bytes: number;
  /** Values of all kinds, at every depth. */
  readonly values: number;
}

/** Names, passwords and tokens: nobody is known yet. */
const open: InputLimit = { bytes: 16 * 1024, values: 100 };
const usual: InputLimit = { bytes: 1024 * 1024, values: 50_000 };
const ofNodes: InputLimit = { bytes: 4 * 1024 * 1024, values: 500_000 };

/** Of a whole configuration; 100,000 backends are about 15 MB and a million values. */
const whole: Readonly<Record<Role, InputLimit>> = {
  Viewer: usual,
  Operator: { bytes: 16 * 1024 * 1024, values: 1_000_000 },
  Admin: { bytes: 64 * 1024 * 1024, values: 4_000_000 },
};

/** Deeper than any document here; what goes through documents by recursion is then safe. */
export const deepestInput = 64;

/** How much the body of a request for an operation may hold, by who sends it; nobody for open operations and nodes. */
export function inputLimitOf(
  { auth, isLarge }: Pick<Operation, 'auth' | 'isLarge'>,
  role: Role | undefined,
): InputLimit {
  if (auth === 'node') return ofNodes;
  if (auth === 'open' || role === undefined) return open;
  return isLarge === true ? whole[role] : usual;
}
