import type { AccessContext } from '@sluice/control';
import { randomBytes } from 'node:crypto';
import { userInfo } from 'node:os';

/** The user of the system, as the audit log names those who change the store from its own machine. */
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
    // The user of a container may have no name.
    return `uid ${process.getuid?.() ?? 'unknown'}`;
  }
}
