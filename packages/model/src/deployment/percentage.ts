import { z } from 'zod';

/** Schema of a share of traffic in percent, in steps of 0.01. */
export const percentage = z
  .number()
  .min(0)
  .max(100)
  .refine((value) => Math.abs(value * 100 - Math.round(value * 100)) < 1e-6, {
    error: 'at most two decimals: 0.01 is the smallest share',
  });
