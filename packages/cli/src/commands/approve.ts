import { actionCommand } from '../deployments/action-command.ts';
import { reasonFlag } from '../deployments/reason.ts';

export const approve = actionCommand({
  name: 'approve',
  summary: 'Approve a deployment, or its next phase',
  flags: [reasonFlag],
  notes: ['The author of a deployment cannot approve it.'],
  continues: true,
  body: ({ options: { reason } }) => ({ reason }),
  act: (client, request) => client.approveDeployment(request),
});
