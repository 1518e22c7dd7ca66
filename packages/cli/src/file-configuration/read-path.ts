/** Steps of a path: a key in brackets and quotes, a position in brackets, or a plain key. */
const step = /\[("(?:[^"\\]|\\.)*")\]|\[(\d+)\]|\.?([A-Za-z_$][\w$-]*)/y;

/** The steps of a path as `formatPath` writes it; as many as can be understood. */
export function readPath(text: string): (string | number)[] {
  const steps: (string | number)[] = [];
  if (text === '(root)') return steps;
  step.lastIndex = 0;
  for (let found = step.exec(text); found !== null; found = step.exec(text)) {
    const [, quoted, position, key] = found;
    if (quoted !== undefined) steps.push(JSON.parse(quoted) as string);
    else steps.push(position === undefined ? key : Number(position));
  }
  return steps;
}
