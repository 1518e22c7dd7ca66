import type { DeploymentResource } from '@sluice/model/api';
import type { Arguments, Context } from '../command/command.ts';
import type { Connection } from '../remote/connect.ts';
import { exitCodeOf, followDeployment } from '../watch/follow-deployment.ts';
import type { Followed } from '../watch/follow-deployment.ts';

/** The flag that makes a command watch the deployment. */
export const watchFlag = { name: 'watch', short: 'w', description: 'Watch the deployment until it has ended' } as const;

/** Lines of help on how watching ends. */
export const watchNotes = [
  'Exit code: 0 completed, 1 refused, 4 rolled back, failed or cancelled, 130 Ctrl-C: the deployment continues without you.',
] as const;

/** Lines of help for commands that begin a deployment, which pipelines run. */
export const pipelineNotes = [
  ...watchNotes,
  'Without a terminal, --watch ends with 3 when a person has to decide.',
] as const;

/** Shows a deployment until it has ended; resolves with the exit code. Rejects with a CommandFailure. */
export async function watchAndExit(
  deployment: DeploymentResource,
  connection: Connection,
  args: Arguments,
  context: Context,
): Promise<number> {
  return exitCodeOf(await follow(deployment, connection, { args, context }));
}

/** The same in a pipeline, which does not wait for a person. */
export async function watchInPipeline(
  deployment: DeploymentResource,
  connection: Connection,
  args: Arguments,
  context: Context,
): Promise<number> {
  const endsForPerson = context.stdout.isTTY !== true;
  return exitCodeOf(await follow(deployment, connection, { args, context, endsForPerson }));
}

interface FollowContext {
  readonly args: Arguments;
  readonly context: Context;
  readonly endsForPerson?: boolean;
}

function follow(
  deployment: DeploymentResource,
  connection: Connection,
  { args: { switches }, context, endsForPerson = false }: FollowContext,
): Promise<Followed> {
  const { deploymentId, routeId } = deployment;
  return followDeployment({
    deployment,
    context,
    json: switches.has('json'),
    clock: Date.now,
    signals: process,
    news: (settings) => connection.watch(deploymentId, settings),
    leaveMessage: `The deployment continues. To see it again: sluice watch ${routeId}`,
    endsForPerson,
  });
}
