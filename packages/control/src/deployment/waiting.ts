import type { Deployment } from './deployment.ts';
import { draft, running } from './transition.ts';
import type { Cause, Transition } from './transition.ts';

/** Waits for something that passes by itself, and says so. */
export function wait(deployment: Deployment, reason: string, cause: Cause): Transition {
  return {
    deployment: { ...deployment, waitingFor: reason, updatedAt: cause.at },
    events: [draft('waiting', cause, reason)],
  };
}

/** Waits for the approval of a person. */
export function awaitApproval(deployment: Deployment, reason: string, cause: Cause): Transition {
  return {
    deployment: {
      ...deployment,
      status: 'AwaitingApproval',
      approval: { status: 'Pending' },
      waitingFor: reason,
      updatedAt: cause.at,
    },
    events: [draft('approvalRequested', cause, `Waits for ${reason}.`)],
  };
}

/** Keeps the share because a person wants it. */
export function pause(deployment: Deployment, reason: string, cause: Cause): Transition {
  const paused = { at: cause.at, by: cause.by, reason, asks: false };
  return {
    deployment: { ...deployment, status: 'Paused', paused, updatedAt: cause.at },
    events: [draft('paused', cause, `Paused by ${cause.by}: ${reason}`)],
  };
}

/** Keeps the share until a person decides. */
export function ask(deployment: Deployment, reason: string, cause: Cause): Transition {
  const paused = { at: cause.at, reason, asks: true };
  return {
    deployment: { ...deployment, status: 'Paused', paused, waitingFor: reason, updatedAt: cause.at },
    events: [draft('asked', cause, `A person has to decide: ${reason}`)],
  };
}

/** Goes on where it was paused. */
export function resume(deployment: Deployment, cause: Cause): Transition {
  return { deployment: running(deployment, cause.at), events: [draft('resumed', cause, `Resumed by ${cause.by}.`)] };
}
