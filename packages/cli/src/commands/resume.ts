import { actionCommand } from '../deployments/action-command.ts';

/** `sluice resume`. */
export const resume = actionCommand({
  name: 'resume',
  summary: 'Let a paused deployment go on',
  flags: [],
  goesOn: true,
  prepare: () => Promise.resolve((client, params) => client.resumeDeployment({ params })),
});
