import { CommandFailure, UsageError } from '../command/command.ts';
import type { Arguments, Context } from '../command/command.ts';
import { askText, canAsk } from '../terminal/ask.ts';

/** The flag that says why. */
export const reasonFlag = { name: 'reason', value: 'TEXT', description: 'Why; kept in the history' } as const;

/** From `--reason`, else asked for on a terminal. Rejects with a UsageError or CommandFailure. */
export async function askReason(command: string, args: Arguments, context: Context): Promise<string> {
  const { reason } = args.options;
  if (reason !== undefined && reason.trim() !== '') return reason;
  if (reason !== undefined || args.switches.has('json') || !canAsk(context)) {
    throw new UsageError(`sluice ${command} needs a reason: --reason TEXT`);
  }
  const answer = (await askText('Reason', context)).trim();
  if (answer === '') throw new CommandFailure('no reason was given: nothing was changed');
  return answer;
}
