import type { ReadyConfiguration } from './known-configuration.ts';
import type { NodeSource } from '@sluice/model';

/** A configuration for the gateway of a node. A route that did not change is the same object (===) as before. */
export interface AppliedConfiguration extends ReadyConfiguration {
  readonly source: Exclude<NodeSource, 'file'>;
}

/** Whether a configuration runs, or why it does not; the one before then runs on. */
export type ApplyOutcome = { readonly ok: true } | { readonly ok: false; readonly problems: readonly string[] };
