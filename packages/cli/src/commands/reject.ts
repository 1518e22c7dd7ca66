import { actionCommand } from '../deployments/action-command.ts';
import { askReason, reasonFlag } from '../deployments/reason.ts';

export const reject = actionCommand({
  name: 'reject',
  summary: 'Reject a deployment that waits for approval',
  flags: [reasonFlag],
  continues: false,
  body: async (args, context) => ({ reason: await askReason('reject', args, context) }),
  act: (client, request) => client.rejectDeployment(request),
});
