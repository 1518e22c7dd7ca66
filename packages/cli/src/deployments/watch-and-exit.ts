import type { DeploymentResource } from '@sluice/model/api';
import type { Arguments, Context } from '../command/command.ts';
import type { Connection } from '../remote/connect.ts';
import { exitCodeOf, followDeployment } from '../watch/follow-deployment.ts';

/** The flag that makes a command watch the deployment. */
export const watchFlag = { name: 'watch', short: 'w', description: 'Watch the deployment until it has ended' } as const;

/** Lines of help on how watching ends. */
export const watchNotes = [
  'Exit code: 0 completed, 1 ended otherwise, 130 Ctrl-C: the deployment continues without you.',
] as const;

/** Shows a deployment until it has ended; resolves with the exit code. Rejects with a CommandFailure. */
export async function watchAndExit(
  deployment: DeploymentResource,
  connection: Connection,
  { switches }: Arguments,
  context: Context,
): Promise<number> {
  const { deploymentId, routeId } = deployment;
  const followed = await followDeployment({
    deployment,
    context,
    json: switches.has('json'),
    clock: Date.now,
    signals: process,
    news: (settings) => connection.watch(deploymentId, settings),
    leaveMessage: `The deployment continues. To see it again: sluice watch ${routeId}`,
  });
  return exitCodeOf(followed);
}
