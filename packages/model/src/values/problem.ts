/** One thing wrong with a configuration: where it is, and what to do about it. Messages never contain values. */
export interface Problem {
  readonly path: (string | number)[];
  readonly message: string;
  /** Stands for so many more problems that are not listed. */
  readonly unlisted?: number | undefined;
}

/** Nobody reads more at once, and the sender of the input decides how many there are. */
const mostListed = 20;

/** Lists the first twenty problems and counts the rest, so that the cost of a refusal does not grow with the input. */
export class ProblemList {
  readonly #listed: Problem[] = [];
  #unlisted = 0;

  /** Whether problems that are added from now on are only counted, so that they need no message. */
  get isFull(): boolean {
    return this.#listed.length >= mostListed;
  }

  add(problems: Iterable<Problem>): this {
    for (const problem of problems) {
      if (problem.unlisted !== undefined) this.#unlisted += problem.unlisted;
      else if (this.isFull) this.#unlisted += 1;
      else this.#listed.push(problem);
    }
    return this;
  }

  /** Counts problems that are not listed. */
  count(unlisted: number): void {
    this.#unlisted += unlisted;
  }

  /** The listed problems, and at the end how many more there are, if any. */
  all(): Problem[] {
    const unlisted = this.#unlisted;
    if (unlisted === 0) return [...this.#listed];
    const message = `${this.#listed.length === 0 ? '' : 'and '}${unlisted} more problem${unlisted === 1 ? '' : 's'}`;
    return [...this.#listed, { path: [], message, unlisted }];
  }
}

/** The first problems of several lists, and how many more there are. */
export function firstProblems(...lists: readonly Iterable<Problem>[]): Problem[] {
  const first = new ProblemList();
  for (const list of lists) first.add(list);
  return first.all();
}

/** How many problems there are, listed or not. */
export function countProblems(problems: readonly { readonly unlisted?: number | undefined }[]): number {
  return problems.reduce((sum, { unlisted = 1 }) => sum + unlisted, 0);
}

/** A path as people write it: `routes[0].backends[1].url`; the whole document is `(root)`. */
export function formatPath(path: readonly (string | number)[]): string {
  let text = '';
  for (const step of path) {
    if (typeof step === 'number') text += `[${step}]`;
    else if (/^[A-Za-z_$][\w$-]*$/.test(step)) text += text === '' ? step : `.${step}`;
    else text += `[${JSON.stringify(step)}]`;
  }
  return text === '' ? '(root)' : text;
}
