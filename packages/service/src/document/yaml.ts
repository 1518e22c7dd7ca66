import { CORE_SCHEMA, YAMLException, load } from 'js-yaml';
import type { ConfigDocument } from './config-document.ts';
import { parsePositions } from './yaml-positions.ts';
import { yamlProblem } from './yaml-problems.ts';

/**
 * Reads YAML 1.2 (core schema, unique keys, one document).
 *
 * js-yaml reads the value because it is ten times as fast as a parser that keeps positions, and a change of a thousand
 * routes has to be live in milliseconds. Positions are worked out only once there is a problem to point at.
 */
export function readYaml(text: string): ConfigDocument {
  if (isBlank(text)) return { ok: true, value: null, locate: () => ({ line: 1, column: 1, depth: 0 }) };
  try {
    const value = load(text, { schema: CORE_SCHEMA });
    let positions: ReturnType<typeof parsePositions> | undefined;
    return { ok: true, value, locate: (path) => (positions ??= parsePositions(text)).locate(path) };
  } catch (error) {
    if (!(error instanceof YAMLException)) throw error;
    const repeated = error.reason === 'duplicated mapping key' ? parsePositions(text).repeated : [];
    // After a mistake in the notation the rest can only be guessed at, so it is the only one.
    return { ok: false, problems: repeated.length > 0 ? repeated : [yamlProblem(text, error)] };
  }
}

function isBlank(text: string): boolean {
  return /^(?:\s*(?:#.*)?(?:\n|$))*$/.test(text);
}
