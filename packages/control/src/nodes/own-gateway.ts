import type { ExplainInput, Explanation } from '@sluice/model';

/** The gateway in the process of a control plane. */
export interface OwnGateway {
  /** What would happen to a request. Rejects when no worker can tell. */
  explain(question: ExplainInput & { readonly clientAddress: string }): Promise<Explanation>;
}
