import type { Client } from '@sluice/control/client';
import type { DeploymentResource } from '@sluice/model/api';
import { tell } from '../terminal/print-result.ts';
import type { Arguments, Command, Context, Flag } from '../command/command.ts';
import { apiFlags, apiNotes, connect } from '../remote/connect.ts';
import { formatShare } from '../watch/format-figures.ts';
import { findDeployment } from './find-deployment.ts';
import { watchAndExit, watchFlag, watchNotes } from './watch-and-exit.ts';

/** The flag that says why. */
export const reasonFlag = { name: 'reason', value: 'TEXT', description: 'Why; kept in the history' } as const;

/** Lines of help on how a deployment is named. */
export const idNotes = [
  'ID is the id of a deployment, its beginning, or a route; it may be left out when only one deployment goes on.',
] as const;

/** Does it to a deployment, which was found to stand as it does. */
type Act = (
  client: Client,
  params: { readonly deploymentId: string },
  found: Pick<DeploymentResource, 'currentPhaseIndex'>,
) => Promise<DeploymentResource>;

/** A command that does one thing to one deployment. */
export interface ActionCommand {
  readonly name: string;
  readonly summary: string;
  readonly flags: readonly Flag[];
  readonly notes?: readonly string[];
  /** What comes after it may be worth watching. */
  readonly goesOn: boolean;
  /** Reads the flags before anything is sent, may ask; gives what to do. Throws a UsageError. */
  prepare(args: Arguments, context: Context): Promise<Act>;
}

/** Makes the command: finds the deployment, acts, says what became of it, and watches on if that is wanted. */
export function actionCommand({ name, summary, flags, notes = [], goesOn, prepare }: ActionCommand): Command {
  return {
    name,
    summary,
    positionals: ['[ID]'],
    flags: [...flags, ...(goesOn ? [watchFlag] : []), ...apiFlags, { name: 'json', description: 'Print JSON' }],
    notes: [...notes, ...(goesOn ? watchNotes : []), ...idNotes, ...apiNotes],
    async run(args, context) {
      const act = await prepare(args, context);
      const connection = await connect(args, context);
      const found = await findDeployment(connection, args.positionals[0]);
      const { deploymentId } = found;
      const deployment = await connection.call((client) => act(client, { deploymentId }, found));
      const watches = args.flags['watch'] === true;
      if (!watches || args.flags['json'] !== true)
        tell({ text: outcome(deployment), facts: deployment }, args, context);
      return watches ? watchAndExit(deployment, { connection, args, context }) : 0;
    },
  };
}

function outcome({ deploymentId, status, trafficSplit, waitingFor }: DeploymentResource): string {
  const serves = status === 'InProgress' || status === 'Paused';
  const share = serves ? `, the candidate has ${formatShare(trafficSplit.canaryPercentage)}` : '';
  const waits = status === 'Pending' && waitingFor !== undefined ? `: ${waitingFor}` : '';
  return `${deploymentId}: ${words[status]}${share}${waits}`;
}

const words: Readonly<Record<DeploymentResource['status'], string>> = {
  Pending: 'waits',
  AwaitingApproval: 'waits for approval',
  InProgress: 'goes on',
  Paused: 'paused',
  Completed: 'completed',
  RolledBack: 'rolled back',
  Failed: 'failed',
  Cancelled: 'cancelled',
};
