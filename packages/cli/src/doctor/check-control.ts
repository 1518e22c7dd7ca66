import type { CheckInput } from './check.ts';
import { fail, ok, warn } from './finding.ts';
import type { Finding } from './finding.ts';

/** Whether a node can reach its control processes. */
export async function checkControl({ config: { role, node }, probes }: CheckInput): Promise<Finding[]> {
  if (role !== 'gateway') return [];
  const answers = await Promise.allSettled(node.controlUrls.map((url) => probes.askControl(url, node)));
  const allAway = answers.every(({ status }) => status === 'rejected');
  return answers.map((answer, index) => {
    const url = node.controlUrls[index] ?? '';
    if (answer.status === 'fulfilled') return ok(`${url} answers`);
    const message = `${url} cannot be reached: ${(answer.reason as Error).message}`;
    return allAway
      ? fail(
          message,
          'start a control process, or check node.controlUrls and node.caFile; until then the node starts from its snapshot',
        )
      : warn(message, 'check that control process; until then the others are used');
  });
}
