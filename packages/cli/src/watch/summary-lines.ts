import type { Style } from '../terminal/style.ts';
import { printable } from '../terminal/printable.ts';
import { summaryOf } from './summary.ts';
import type { PartOptions } from './phase-bar.ts';
import type { Figures, WatchState } from './watch-state.ts';
import { wrapText } from '../terminal/wrap-text.ts';

type LineOptions = Pick<PartOptions, 'width' | 'style'>;

/** Where texts begin after their labels: at the second column of the figures. */
const labelColumn = 13;

/** A narrower view has no room for texts beside their labels: they stand below. */
const leastBeside = 40;

/** A label, and beside or below it a text in as many lines as it takes, aligned with the figures above. */
export function labelled(word: string, text: string, options: LabelOptions): string[] {
  return beside(word, text.length <= room(options) ? [text] : wrapText(text, room(options)), options);
}

type LabelOptions = Pick<PartOptions, 'width'> & { readonly paint?: Style['bold'] };

function beside(word: string, lines: readonly string[], { width, paint = (each) => each }: LabelOptions): string[] {
  if (width < leastBeside) return [...(word === '' ? [] : [paint(word)]), ...lines.map((line) => `  ${line}`)];
  const [first = '', ...others] = lines;
  const label = paint(word) + ' '.repeat(Math.max(2, labelColumn - word.length));
  return [`${label}${first}`.trimEnd(), ...others.map((line) => ' '.repeat(labelColumn) + line)];
}

function room({ width }: Pick<PartOptions, 'width'>): number {
  return width < leastBeside ? width - 2 : width - labelColumn;
}

/** What each check and gate says. */
export function checkLines(checks: Figures['checks'], options: LineOptions): string[] {
  const { red, green, dim } = options.style;
  const colour = (result: string): Style['red'] => {
    if (['worse', 'fail'].includes(result)) return red;
    return ['fine', 'pass'].includes(result) ? green : dim;
  };
  const lines: string[] = [];
  let used = Number.POSITIVE_INFINITY;
  for (const { name, result, dryRun } of checks) {
    const [what, how] = [wordsOf(name), wordsOf(result)];
    const note = dryRun ? ' (dry run)' : '';
    const length = `${what} ${how}${note}`.length;
    const text = `${what} ${colour(result)(how)}`;
    const isNext = used + between.length + length <= room(options);
    used = isNext ? used + between.length + length : length;
    if (isNext) lines.push(`${lines.pop() ?? ''}${dim(between)}${text}${dim(note)}`);
    else if (length > room(options)) lines.push(text, ` ${dim(note)}`);
    else lines.push(`${text}${dim(note)}`);
  }
  return lines.length === 0 ? [] : beside('checks', lines, options);
}

const between = ' · ';

/** Names of the API as words: `clientErrors` becomes `client errors`. */
function wordsOf(name: string): string {
  return printable(name).replaceAll(/(?<=[a-z])[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
}

/** The state of a deployment in a word, the reason in a sentence, and what can be done when somebody has to act. */
export function summaryLines(state: WatchState, options: LineOptions): string[] {
  const { style } = options;
  const { word, tone, text, advice } = summaryOf(state);
  const lines = [
    ...wrapText(printable(text), room(options)),
    ...advice.flatMap((line) => wrapText(line, room(options))),
  ];
  return beside(word, lines, { ...options, paint: (each) => style.bold(style[tone](each)) });
}
