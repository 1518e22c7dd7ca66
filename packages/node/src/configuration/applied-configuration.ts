import type { ReadyConfiguration } from './known-configuration.ts';
import type { NodeSource } from '@sluice/model';

/** A configuration that the gateway of a node is to run. A route that did not change is the same object (===) as before. */
export interface AppliedConfiguration extends ReadyConfiguration {
  readonly source: Exclude<NodeSource, 'file'>;
}

/** What became of it: it runs, or why it does not, and then the one before runs on. */
export type ApplyOutcome = { readonly ok: true } | { readonly ok: false; readonly problems: readonly string[] };
