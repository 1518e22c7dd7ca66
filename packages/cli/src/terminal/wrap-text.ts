/** A text in lines of at most `width` characters, broken between words; a longer word is cut into pieces. */
export function wrapText(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(/\s+/).flatMap((each) => pieces(each, width))) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return line === '' ? lines : [...lines, line];
}

/** A line that is broken where it is too long. What follows is further in than the line begins. */
export function wrapLine(line: string, width: number): string[] {
  if (line.length <= width) return [line];
  const indent = line.length - line.trimStart().length;
  const within = ' '.repeat(Math.min(indent + 2, Math.floor(width / 2)));
  const [first = '', ...others] = wrapText(line, Math.max(1, width - within.length));
  return [' '.repeat(Math.min(indent, within.length)) + first, ...others.map((each) => within + each)];
}

/** A word in pieces, cut behind a sign that joins parts of names where there is one in the second half of a piece. */
function pieces(word: string, width: number): string[] {
  const parts: string[] = [];
  let rest = word;
  while (rest.length > width) {
    const piece = rest.slice(0, width);
    const joint = Math.max(...Array.from('./,:;-~_=', (sign) => piece.lastIndexOf(sign))) + 1;
    const end = joint > width / 2 ? joint : width;
    parts.push(rest.slice(0, end));
    rest = rest.slice(end);
  }
  return [...parts, ...(rest === '' ? [] : [rest])];
}
