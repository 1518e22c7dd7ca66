import { parseReferences } from '@sluice/model';
import type { SecretOf } from '../policy/secret-texts.ts';

/** The headers of the next check; undefined while a secret in them is unknown. */
export type CheckHeaders = () => Record<string, string> | undefined;

/** Compiles the headers of checks, which may refer to secrets. */
export function checkHeaders(headers: Readonly<Record<string, string>>, secretOf: SecretOf): CheckHeaders {
  const compiled = Object.entries(headers).map(([name, value]) => ({ name, parts: parseReferences(value) }));
  return () => {
    const filled: Record<string, string> = {};
    for (const { name, parts } of compiled) {
      const texts = parts.map((part) => ('secret' in part ? secretOf(part.secret) : part.text));
      if (texts.includes(undefined)) return undefined;
      filled[name] = texts.join('');
    }
    return filled;
  };
}
