import { actionCommand } from '../deployments/action-command.ts';
import { askReason, reasonFlag } from '../deployments/reason.ts';

export const rollback = actionCommand({
  name: 'rollback',
  summary: 'Give all traffic back to the stable version at once',
  flags: [reasonFlag],
  continues: false,
  body: async (args, context) => ({ reason: await askReason('rollback', args, context) }),
  act: (client, request) => client.rollbackDeployment(request),
});
