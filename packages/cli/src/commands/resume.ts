import { actionCommand } from '../deployments/action-command.ts';

export const resume = actionCommand({
  name: 'resume',
  summary: 'Continue a paused deployment',
  continues: true,
  body: () => undefined,
  act: (client, { params }) => client.resumeDeployment({ params }),
});
