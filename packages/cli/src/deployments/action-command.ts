import type { Client } from '@sluice/control/client';
import type { DeploymentResource } from '@sluice/model/api';
import type { Arguments, Command, Context, Flag } from '../command/command.ts';
import { apiFlags, apiNotes, connect } from '../remote/connect.ts';
import type { Connection } from '../remote/connect.ts';
import { printDone } from '../terminal/print.ts';
import { formatShare } from '../watch/format-figures.ts';
import { findDeployment } from './find-deployment.ts';
import { watchAndExit, watchFlag, watchNotes } from './watch-and-exit.ts';

/** Lines of help on how a deployment is named. */
export const idNotes = [
  'ID is the id of a deployment, the beginning of one, or a route. Leave it out when only one deployment is in progress.',
] as const;

/** A command that does one thing to one deployment. */
export interface DeploymentAction<Body> {
  readonly name: string;
  readonly summary: string;
  readonly flags?: readonly Flag[];
  readonly notes?: readonly string[];
  /** The deployment continues afterwards, so it can be watched. */
  readonly continues: boolean;
  /** Made before anything is sent; may ask. Throws a UsageError. */
  body(args: Arguments, context: Context): Body | Promise<Body>;
  act(
    client: Client,
    request: { readonly params: { readonly deploymentId: string }; readonly body: Body },
    found: DeploymentResource,
  ): Promise<DeploymentResource>;
  /** What was done and what happens next, in words, where more can be told than the new status. */
  next?(deployment: DeploymentResource, connection: Connection): Promise<string>;
}

/** Makes the command: it finds the deployment, acts, says what became of it, and watches it on request. */
export function actionCommand<Body>(action: DeploymentAction<Body>): Command {
  const { name, summary, flags = [], notes = [], continues } = action;
  return {
    name,
    summary,
    positionals: ['[ID]'],
    flags: [...flags, ...(continues ? [watchFlag] : []), ...apiFlags, { name: 'json', description: 'Print JSON' }],
    notes: [...notes, ...(continues ? watchNotes : []), ...idNotes, ...apiNotes],
    async run(args, context) {
      const body = await action.body(args, context);
      const connection = await connect(args, context);
      const found = await findDeployment(connection, args.positionals[0]);
      const { deploymentId } = found;
      const deployment = await connection.call((client) =>
        action.act(client, { params: { deploymentId }, body }, found),
      );
      const watches = args.switches.has('watch');
      if (!watches || !args.switches.has('json')) {
        const next = await action.next?.(deployment, connection);
        const follow = watches ? '' : `; sluice watch ${deployment.routeId}`;
        const text = next === undefined ? outcome(deployment) : `${deploymentId}: ${next}${follow}`;
        printDone({ text, json: deployment }, args, context);
      }
      return watches ? watchAndExit(deployment, connection, args, context) : 0;
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
  Pending: 'waiting',
  AwaitingApproval: 'waiting for approval',
  InProgress: 'in progress',
  Paused: 'paused',
  Completed: 'completed',
  RolledBack: 'rolled back',
  Failed: 'failed',
  Cancelled: 'cancelled',
};
