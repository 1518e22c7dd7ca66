import { actionCommand, reasonFlag } from '../deployments/action-command.ts';

/** `sluice pause`. */
export const pause = actionCommand({
  name: 'pause',
  summary: 'Stop a deployment where it is; it is still judged',
  flags: [reasonFlag],
  goesOn: false,
  prepare({ flags: { reason } }) {
    const body = typeof reason === 'string' ? { reason } : {};
    return Promise.resolve((client, params) => client.pauseDeployment({ params, body }));
  },
});
