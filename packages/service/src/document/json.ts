import type { ConfigDocument, SyntaxProblem } from './config-document.ts';
import { readYaml } from './yaml.ts';

/** Reads JSON (RFC 8259, unique keys). YAML contains JSON, so positions and duplicate keys come from its reader. */
export function readJson(text: string): ConfigDocument {
  const wrong = strictProblem(text);
  const document = readYaml(text);
  if (wrong === undefined || !document.ok) return document;
  return { ok: false, problems: [wrong] };
}

/** What JSON.parse refuses and YAML would take: comments, trailing commas, single quotes, an empty text. */
function strictProblem(text: string): SyntaxProblem | undefined {
  try {
    JSON.parse(text);
    return undefined;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    // V8 quotes the text around the mistake, which might hold a secret: only the place is taken from its message.
    const place = /\(line (\d+) column (\d+)\)/.exec(error.message);
    const message = 'not valid JSON here (no comments, no trailing commas, names in double quotes)';
    return { message, line: Number(place?.[1] ?? 1), column: Number(place?.[2] ?? 1) };
  }
}
