import { countProblems } from '@sluice/model';
import type { Problem } from '@sluice/model';
import { ListenRefusedError, PortTakenError } from '@sluice/service';
import type { ConfigProblem } from '@sluice/service';
import type { Arguments, Context } from '../command/command.ts';
import { PlacesError } from '../config/places-to-listen.ts';
import { portTakenText } from './port-taken-text.ts';
import { problemLines, shownProblems } from '../config/problem-lines.ts';
import { counted } from '../terminal/counted.ts';
import { printError, printJson } from '../terminal/print.ts';
import { styleFor } from '../terminal/style.ts';

/** Names of errors that say in one line what to do; anything else is a bug and keeps its stack. */
const plainErrors = new Set([
  'StoreInUseError',
  'StoreFolderError',
  'InvalidInputError',
  'ControlUrlError',
  'ControlTlsError',
  'RedisAddressError',
  'RedisLibraryMissingError',
  'StoreUnusableError',
]);

/** Errors that name the keys of the configuration that have to change. */
const refusals = new Set(['RefusedError', 'ManagementTlsError']);

/** Where the configuration came from. */
export interface Origin {
  readonly file: string | undefined;
  readonly locate: (problem: Problem) => ConfigProblem;
  readonly args: Pick<Arguments, 'switches'>;
}

/** Says what is wrong with the configuration; the exit code. */
export function explainProblems(
  problems: readonly ConfigProblem[],
  { switches }: Pick<Arguments, 'switches'>,
  context: Context,
): number {
  if (switches.has('json')) {
    printJson({ ok: false, error: 'not started', problems: shownProblems(problems) }, context);
    return 1;
  }
  const style = styleFor(context.stderr, context.env);
  const lines = problemLines(problems, style).join('\n');
  context.stderr.write(
    `${lines}\n${style.red('not started')}  ${counted(countProblems(problems), 'problem')} in the configuration\n`,
  );
  return 1;
}

/** Says why the process could not start; the exit code. Throws what is a bug. */
export function explainFailure(error: unknown, { file, locate, args }: Origin, context: Context): number {
  const json = args.switches.has('json');
  const places = placesOf(error);
  if (places !== undefined) {
    if (json) printError(places.message, { json }, context);
    else context.stderr.write(placesText(places, file, context));
    return 1;
  }
  if (!(error instanceof Error)) throw error;
  if (refusals.has(error.name) && 'problems' in error) {
    return explainProblems(
      (error.problems as readonly Problem[]).map((problem) => locate(problem)),
      args,
      context,
    );
  }
  if (!plainErrors.has(error.name)) throw error;
  const { red } = styleFor(context.stderr, context.env);
  if (json) printError(error.message, { json }, context);
  else context.stderr.write(`${red('not started')}  ${error.message}\n`);
  return 1;
}

/** A port that was free a moment ago may be taken when it is listened on. */
function placesOf(error: unknown): PlacesError | undefined {
  if (error instanceof PlacesError) return error;
  if (error instanceof PortTakenError) return new PlacesError([error], []);
  return error instanceof ListenRefusedError ? new PlacesError([], [error]) : undefined;
}

function placesText({ taken, refused }: PlacesError, file: string | undefined, { stderr, env }: Context): string {
  const { red } = styleFor(stderr, env);
  const lines = refused.map(({ message }) => `${red('not started')}  ${message}\n`).join('');
  return taken.length === 0 ? lines : `${lines}${portTakenText(taken, { file, env })}`;
}
