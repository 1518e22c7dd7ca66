import { actionCommand } from '../deployments/action-command.ts';
import { reasonFlag } from '../deployments/reason.ts';

export const pause = actionCommand({
  name: 'pause',
  summary: 'Hold a deployment at its present share; it is still judged',
  flags: [reasonFlag],
  continues: false,
  body: ({ options: { reason } }) => ({ reason }),
  act: (client, request) => client.pauseDeployment(request),
});
