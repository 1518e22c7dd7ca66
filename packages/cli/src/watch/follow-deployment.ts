import type { DeploymentNews, DeploymentResource } from '@sluice/model/api';
import type { EventEmitter } from 'node:events';
import { showDeployment } from './show-deployment.ts';
import type { ShowOptions } from './show-deployment.ts';

/** How a deployment is followed. */
export interface FollowOptions extends ShowOptions {
  /** What happens to the deployment until it has ended; calls `disconnected` while the connection is lost. */
  readonly news: (settings: {
    readonly signal: AbortSignal;
    readonly disconnected: (text: string) => void;
  }) => AsyncIterable<DeploymentNews>;
  /** The process, which gets the signals of the system. */
  readonly signals: EventEmitter;
  /** Shown when somebody leaves before the end. */
  readonly leaveMessage: string;
  /** Ends watching when a person has to decide: a pipeline has nobody to ask. */
  readonly endsForPerson?: boolean;
}

/** How watching ended: with the deployment, because a person has to decide, or by a signal. */
export type Followed =
  | { readonly status: DeploymentResource['status'] }
  | { readonly waitsFor: string }
  | { readonly signal: keyof typeof exitCodes };

const exitCodes = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;
const refreshMs = 500;

/** Shows a deployment until it has ended or a signal comes. Rejects when the connection fails for good. */
export async function followDeployment(options: FollowOptions): Promise<Followed> {
  const { news, signals, leaveMessage, context } = options;
  const left = new AbortController();
  const show = showDeployment(options);
  const leave = (signal: keyof typeof exitCodes) => left.abort(signal);
  // Whatever ends the process leaves a terminal that can be worked in.
  const onExit = (): void => show.close();
  const resizing = context.stdout as Partial<EventEmitter>;
  for (const signal of signalNames) signals.on(signal, leave);
  signals.on('exit', onExit);
  resizing.on?.('resize', show.refresh);
  const timer = setInterval(show.refresh, refreshMs);
  try {
    for await (const item of news({ signal: left.signal, disconnected: (text) => show.disconnected(text) })) {
      if (left.signal.aborted) break;
      show.news(item);
      const waitsFor = options.endsForPerson === true ? personFor(item) : undefined;
      if (waitsFor !== undefined) {
        show.close(`Waits for a person: ${waitsFor}`);
        return { waitsFor };
      }
      if (item.type !== 'end') continue;
      show.close();
      return { status: item.end.status };
    }
    if (!left.signal.aborted) throw new Error('the event stream ended before the deployment did');
    return leftBy(left.signal);
  } catch (error) {
    if (!left.signal.aborted) throw error;
    return leftBy(left.signal);
  } finally {
    clearInterval(timer);
    show.close(left.signal.aborted ? leaveMessage : undefined);
    resizing.off?.('resize', show.refresh);
    signals.off('exit', onExit);
    for (const signal of signalNames) signals.off(signal, leave);
  }
}

const signalNames = Object.keys(exitCodes) as (keyof typeof exitCodes)[];

function leftBy({ reason }: AbortSignal): Followed {
  return { signal: reason as keyof typeof exitCodes };
}

/** What a person has to decide, in words; undefined while nobody has to. */
function personFor(news: DeploymentNews): string | undefined {
  if (news.type !== 'deployment') return undefined;
  const { status, waitingFor, paused } = news.deployment;
  if (status === 'AwaitingApproval') return waitingFor ?? 'an approval';
  return paused?.asks === true ? paused.reason : undefined;
}

/** 0 completed, 3 waits for a person, 4 ended otherwise, 128 and its number for a signal. 1 and 2 are errors of a command. */
export function exitCodeOf(followed: Followed): number {
  if ('signal' in followed) return exitCodes[followed.signal];
  if ('waitsFor' in followed) return 3;
  return followed.status === 'Completed' ? 0 : 4;
}
