import type { AccessContext } from '@sluice/control';
import { randomBytes } from 'node:crypto';
import { userInfo } from 'node:os';

/** Who changes a store from its own machine: the user of the system, as the audit log names it. */
export function localActor(): AccessContext {
  return {
    actor: { kind: 'system', name: systemUser() },
    address: 'local',
    traceId: randomBytes(16).toString('hex'),
  };
}

function systemUser(): string {
  try {
    return userInfo().username;
  } catch {
    // A container may run under a number that has no name.
    return `uid ${process.getuid?.() ?? 'unknown'}`;
  }
}
