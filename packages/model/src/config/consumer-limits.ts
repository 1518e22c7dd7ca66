/** How many consumers there may be, and how much each may have. */
export const consumerLimits = { consumers: 100_000, keys: 20, subjects: 20, names: 100 } as const;
