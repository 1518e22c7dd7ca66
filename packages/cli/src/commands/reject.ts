import { actionCommand, reasonFlag } from '../deployments/action-command.ts';
import { askReason } from '../deployments/ask-reason.ts';

/** `sluice reject`. */
export const reject = actionCommand({
  name: 'reject',
  summary: 'Reject a deployment that waits for approval',
  flags: [reasonFlag],
  goesOn: false,
  async prepare(args, context) {
    const reason = await askReason('reject', args, context);
    return (client, params) => client.rejectDeployment({ params, body: { reason } });
  },
});
