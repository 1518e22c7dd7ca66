import { actionCommand, reasonFlag } from '../deployments/action-command.ts';

/** `sluice approve`. */
export const approve = actionCommand({
  name: 'approve',
  summary: 'Approve a deployment, or its next phase',
  flags: [reasonFlag],
  goesOn: true,
  notes: ['Somebody else than its author has to do this.'],
  prepare({ flags: { reason } }) {
    const body = typeof reason === 'string' ? { reason } : {};
    return Promise.resolve((client, params) => client.approveDeployment({ params, body }));
  },
});
