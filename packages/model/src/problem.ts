/** One thing wrong with a configuration: where it is, and what to do about it. Messages never contain values. */
export interface Problem {
  readonly path: (string | number)[];
  readonly message: string;
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
