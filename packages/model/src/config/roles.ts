/** What a user or an API key may do: Admin everything, Operator run deployments, Viewer read. */
export const roles = ['Admin', 'Operator', 'Viewer'] as const;

/** The role of a user or an API key. */
export type Role = (typeof roles)[number];

/** What a process is: the gateway, the control plane, or both in one. */
export const processRoles = ['all', 'gateway', 'control'] as const;

/** The role of a process. */
export type ProcessRole = (typeof processRoles)[number];
