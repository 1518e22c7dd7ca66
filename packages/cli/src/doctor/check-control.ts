import type { Check } from './check.ts';
import { findingsOf } from './finding.ts';

const { ok, warn, fail } = findingsOf('control');

/** Whether a node can reach the control processes that it is to be run by. */
export const checkControl: Check = {
  name: 'control',
  async run({ config, instruments }) {
    const { controlUrls } = config.node;
    if (config.role !== 'gateway' || controlUrls.length === 0) return [];
    const answers = await Promise.allSettled(controlUrls.map((url) => instruments.askControl(url, config.node)));
    const all = answers.every(({ status }) => status === 'rejected');
    return answers.map((answer, index) => {
      const url = controlUrls[index] ?? '';
      if (answer.status === 'fulfilled') return ok(`${url} answers`);
      const { message } = answer.reason as Error;
      const advice = all
        ? 'start a control process, or see to node.controlUrls and node.caFile; until then the node starts from its snapshot'
        : 'see to that control process: the others are used meanwhile';
      return (all ? fail : warn)(`${url} cannot be reached: ${message}`, advice);
    });
  },
};
