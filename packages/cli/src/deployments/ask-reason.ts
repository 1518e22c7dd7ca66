import { CommandFailure, UsageError } from '../command/command.ts';
import type { Arguments, Context } from '../command/command.ts';
import { askText, canAsk } from '../terminal/ask.ts';

/** Why something is done: from `--reason`, else asked for on a terminal. Rejects with a UsageError or CommandFailure. */
export async function askReason(command: string, { flags }: Arguments, context: Context): Promise<string> {
  const { reason, json } = flags;
  if (typeof reason === 'string' && reason.trim() !== '') return reason;
  if (reason !== undefined || json === true || !canAsk(context)) {
    throw new UsageError(`sluice ${command} needs to know why: --reason TEXT`);
  }
  const answer = (await askText('Why', context)).trim();
  if (answer === '') throw new CommandFailure('no reason was given: nothing was changed');
  return answer;
}
