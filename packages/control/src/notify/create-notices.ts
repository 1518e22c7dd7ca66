import type { DeliveryConfig } from '@sluice/model';
import type { Deployment, DeploymentEvent } from '../deployment/index.ts';
import type { Write } from '../store/store.ts';
import { notices } from './collections.ts';
import { noticeMessage } from './notice-message.ts';
import { longestRetryMs } from './retry-delay.ts';
import { isWanted, subscribersOf } from './subscribers.ts';

/** The writes that see to it that everybody is told of an event: committed together with what happened. */
export type NoticeWriter = (event: DeploymentEvent, deployment: Deployment) => readonly Write[];

/** Makes the writer of notices: one for each subscriber that wants to know. What it writes is sent by the notifier. */
export function createNotices({ config }: { readonly config: DeliveryConfig }): NoticeWriter {
  const subscribers = subscribersOf(config);
  return (event, deployment) => {
    const message = noticeMessage(event, deployment);
    if (message === undefined) return [];
    const dueAt = event.at;
    const expiresAt = new Date(Date.parse(event.at) + longestRetryMs).toISOString();
    // An id that follows from the event: written twice it is still one message, which receivers know by this id.
    const id = `${event.deploymentId}-${String(event.sequence).padStart(6, '0')}`;
    return subscribers
      .filter((subscriber) => isWanted(subscriber, message))
      .map(({ key: subscriber }) => ({
        kind: 'put',
        collection: notices,
        id: `${id}-${subscriber}`,
        body: { subscriber, dueAt, expiresAt, failures: 0, message },
        expect: 'absent',
      }));
  };
}
