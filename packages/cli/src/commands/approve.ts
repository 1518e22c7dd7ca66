import { actionCommand } from '../deployments/action-command.ts';
import { nextPhase } from '../deployments/plan-lines.ts';
import { reasonFlag } from '../deployments/reason.ts';

export const approve = actionCommand({
  name: 'approve',
  summary: 'Approve a deployment, or its next phase',
  flags: [reasonFlag],
  notes: [
    'The author of a deployment cannot approve it. It then says which phase follows, with its share and duration.',
  ],
  continues: true,
  body: ({ options: { reason } }) => ({ reason }),
  act: (client, request) => client.approveDeployment(request),
  async next(deployment, { call }) {
    const { freeze } = await call((client) => client.getDeliveryLine({}));
    return `approved; ${nextPhase(deployment, freeze)}`;
  },
});
