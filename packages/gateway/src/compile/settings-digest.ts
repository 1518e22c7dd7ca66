import { createHash } from 'node:crypto';

/** Successive backends usually have the same settings. */
let last = { text: '', digest: '' };

/**
 * A short text that is the same for equal settings only. With a hundred thousand backends the settings themselves, as
 * parts of keys, would take more memory than all else about them.
 */
export function settingsDigest(settings: readonly unknown[]): string {
  const text = JSON.stringify(settings);
  if (text !== last.text) {
    last = { text, digest: createHash('sha256').update(text).digest('base64url').slice(0, 22) };
  }
  return last.digest;
}
