import type { NodeCommand } from '@sluice/model';
import type { LogLevels } from '@sluice/service';

/** Carries out the commands about the level of the log in this process. All others are for nodes. */
export function followLogLevel(levels: LogLevels): (command: NodeCommand) => void {
  return (command) => {
    if (command.kind !== 'logLevel') return;
    levels.ask(command.level, command.until === undefined ? undefined : Date.parse(command.until));
  };
}
