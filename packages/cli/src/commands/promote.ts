import { UsageError } from '../command/command.ts';
import { actionCommand } from '../deployments/action-command.ts';

/** `sluice promote`. */
export const promote = actionCommand({
  name: 'promote',
  summary: 'Bring a deployment to its next phase, or to a share',
  flags: [{ name: 'to', value: 'PERCENT', description: 'The share that the candidate gets at once; 100 completes it' }],
  goesOn: true,
  prepare({ flags: { to } }) {
    const body = typeof to === 'string' ? { targetPercentage: readPercentage(to) } : {};
    return Promise.resolve((client, params, { currentPhaseIndex }) =>
      client.promoteDeployment({ params, body: { ...body, fromPhaseIndex: currentPhaseIndex } }),
    );
  },
});

function readPercentage(text: string): number {
  const digits = /^(\d{1,3}(?:\.\d{1,2})?) ?%?$/.exec(text)?.[1];
  const value = Number(digits);
  if (digits === undefined || value > 100)
    throw new UsageError('--to: expected a share from 0 to 100, such as 25 or 0.5');
  return value;
}
