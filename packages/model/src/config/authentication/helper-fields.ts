import { z } from 'zod';
import { notHidden } from '../../values/hidden-secrets.ts';
import { duration } from '../../values/duration.ts';
import { filePath } from '../../values/text.ts';

/** How long a helper may take: the gateway gives a method up after 15 seconds. */
export function helperTimeout(usual: string) {
  return duration(1)
    .prefault(usual)
    .refine((ms) => ms <= 10_000, 'expected at most 10s')
    .describe('Until the whole answer is there.');
}

/** How long answers are kept. */
export function keptFor(longest: number, usual: string, text: string) {
  return duration(0)
    .prefault(usual)
    .refine((ms) => ms <= longest, `expected at most ${longest / 60_000}m`)
    .describe(text);
}

/** The authorities of a helper. */
export const helperCaFile = filePath
  .optional()
  .describe('PEM file of the authorities to trust instead of the usual ones.');

/** A secret, or the file that holds it. */
export const clientSecretFile = filePath
  .optional()
  .describe('File with the secret of the client. A line break at its end is not part of it.');
export const clientSecret = z
  .string()
  .min(1)
  .max(4096)
  .refine(...notHidden)
  .optional()
  .describe('The secret itself. It is masked wherever the configuration is shown; prefer clientSecretFile.');
