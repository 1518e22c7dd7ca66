import { UsageError } from '../command/command.ts';
import { actionCommand } from '../deployments/action-command.ts';

export const promote = actionCommand({
  name: 'promote',
  summary: 'Move a deployment to its next phase, or to a share',
  flags: [
    { name: 'to', value: 'PERCENT', description: 'Give the candidate this share now; 100 completes the deployment' },
  ],
  continues: true,
  body: ({ options: { to } }) => (to === undefined ? {} : { targetPercentage: readPercentage(to) }),
  act: (client, { params, body }, { currentPhaseIndex }) =>
    client.promoteDeployment({ params, body: { ...body, fromPhaseIndex: currentPhaseIndex } }),
});

function readPercentage(text: string): number {
  const digits = /^(\d{1,3}(?:\.\d{1,2})?) ?%?$/.exec(text)?.[1];
  const value = Number(digits);
  if (digits === undefined || value > 100)
    throw new UsageError('--to: expected a share from 0 to 100, such as 25 or 0.5');
  return value;
}
