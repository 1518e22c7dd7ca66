import type { Body, Json } from '../store/store.ts';

const secretName = /passw|secret|token|authori[sz]ation|cookie|credential|api[-_]?key$|private[-_]?key|hash/i;

/** A copy in which everything that is named like a secret says `[hidden]`. Whether it is there at all may be told: true or false. */
export function hideSecrets(details: Body): Body {
  return Object.fromEntries(Object.entries(details).map(([key, value]) => [key, hideValue(key, value)]));
}

function hideValue(key: string, value: Json | undefined): Json | undefined {
  if (value === undefined || typeof value === 'boolean') return value;
  if (secretName.test(key)) return '[hidden]';
  if (Array.isArray(value)) return (value as readonly Json[]).map((item) => hideValue('', item) ?? null);
  return typeof value === 'object' && value !== null ? hideSecrets(value as Body) : value;
}
