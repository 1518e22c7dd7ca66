import type { DeploymentsConfig } from '@sluice/model';
import type { Deployment, DeploymentEvent } from '../deployment/index.ts';
import type { Write } from '../store/index.ts';
import { notices } from './collections.ts';
import { noticeMessage } from './notice-message.ts';
import { longestRetryMs } from './retry-delay.ts';
import { isWanted, subscribersOf } from './subscribers.ts';

/** The writes that put the notices of an event into the outbox. They are committed together with the event. */
export type NoticeWriter = (event: DeploymentEvent, deployment: Deployment) => readonly Write[];

/** Makes the writer of notices: one notice for each subscriber that wants the event. The notifier sends them. */
export function createNotices({ config }: { readonly config: DeploymentsConfig }): NoticeWriter {
  const subscribers = subscribersOf(config);
  return (event, deployment) => {
    const message = noticeMessage(event, deployment);
    if (message === undefined) return [];
    const dueAt = event.at;
    const expiresAt = new Date(Date.parse(event.at) + longestRetryMs).toISOString();
    // The id follows from the event, so that receivers recognise a notice that comes twice.
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
