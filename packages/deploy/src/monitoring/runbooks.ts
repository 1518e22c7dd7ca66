/** The pages of docs/runbooks, by what they are about. */
export const runbooks = [
  'backends',
  'certificate',
  'configuration-refused',
  'crashes',
  'deployment-waiting',
  'errors',
  'latency',
  'leader',
  'limits',
  'node-behind',
  'node-down',
  'objective',
  'overload',
  'redis',
  'store',
] as const;

/** A page of docs/runbooks. */
export type Runbook = (typeof runbooks)[number];

/** The address of a page, below the address or folder of all of them. */
export function runbookUrl(base: string, runbook: Runbook): string {
  return `${base.replace(/\/+$/, '')}/${runbook}.md`;
}
