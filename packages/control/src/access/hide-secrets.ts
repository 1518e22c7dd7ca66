import type { Body, Json } from '../store/store.ts';

const secretName = /passw|secret|token|authori[sz]ation|cookie|credential|api[-_]?key$|private[-_]?key|hash/i;

/** A copy in which every field named like a secret says `[hidden]`. True and false are shown: they only say whether there is one. */
export function hideSecrets(details: Body): Body {
  return Object.fromEntries(Object.entries(details).map(([key, value]) => [key, hideValue(key, value)]));
}

function hideValue(key: string, value: Json | undefined): Json | undefined {
  if (value === undefined || typeof value === 'boolean') return value;
  if (secretName.test(key)) return '[hidden]';
  if (Array.isArray(value)) return (value as readonly Json[]).map((item) => hideValue('', item) ?? null);
  return typeof value === 'object' && value !== null ? hideSecrets(value as Body) : value;
}
