import type { Style } from '../terminal/style.ts';
import { printable } from '../terminal/printable.ts';
import { summaryOf } from './summary.ts';
import type { PartOptions } from './phase-bar.ts';
import type { Figures, WatchState } from './watch-state.ts';
import { wrapText } from '../terminal/wrap-text.ts';

type LineOptions = Pick<PartOptions, 'width' | 'style'>;

/** Where texts begin after their labels: at the second column of the figures. */
const labelColumn = 13;

/** A label and a text, aligned with the figures above. */
export function labelled(word: string, text: string, style: Style['bold'] = (each) => each): string {
  return style(word) + ' '.repeat(Math.max(2, labelColumn - word.length)) + text;
}

/** What each check and gate says, in one line. */
export function checkLines(checks: Figures['checks'], { width, style: { red, green, dim } }: LineOptions): string[] {
  const colour = (result: string): Style['red'] => {
    if (['worse', 'fail'].includes(result)) return red;
    return ['fine', 'pass'].includes(result) ? green : dim;
  };
  let used = labelColumn;
  const parts: string[] = [];
  for (const { name, result, dryRun } of checks) {
    const [what, how] = [wordsOf(name), wordsOf(result)];
    used += what.length + how.length + (dryRun ? ' (dry run)'.length : 0) + 4;
    if (used > width + 3) break;
    parts.push(`${what} ${colour(result)(how)}${dryRun ? dim(' (dry run)') : ''}`);
  }
  return parts.length === 0 ? [] : [labelled('checks', parts.join(dim(' · ')))];
}

/** Names of the API as words: `clientErrors` becomes `client errors`. */
function wordsOf(name: string): string {
  return printable(name).replaceAll(/(?<=[a-z])[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
}

/** The state of a deployment in a word, the reason in a sentence, and what can be done when somebody has to act. */
export function summaryLines(state: WatchState, { width, style }: LineOptions): string[] {
  const { word, tone, text, advice } = summaryOf(state);
  const wrapped = wrapText(printable(text), width - labelColumn);
  const [first = '', ...others] = wrapped;
  return [
    labelled(word, first, (each) => style.bold(style[tone](each))).trimEnd(),
    ...[...others, ...advice].map((line) => ' '.repeat(labelColumn) + line),
  ];
}
