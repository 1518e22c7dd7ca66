import { actionCommand, reasonFlag } from '../deployments/action-command.ts';
import { askReason } from '../deployments/ask-reason.ts';

/** `sluice rollback`. */
export const rollback = actionCommand({
  name: 'rollback',
  summary: 'Give all traffic back to the stable version, at once',
  flags: [reasonFlag],
  goesOn: false,
  async prepare(args, context) {
    const reason = await askReason('rollback', args, context);
    return (client, params) => client.rollbackDeployment({ params, body: { reason } });
  },
});
