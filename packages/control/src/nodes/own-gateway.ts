import type { ExplainInput, Explanation, FollowedRequests, RequestFilter } from '@sluice/model';

/** The gateway in the process of a control plane. */
export interface OwnGateway {
  /** What would happen to a request. Rejects when no worker can tell. */
  explain(question: ExplainInput & { readonly clientAddress: string }): Promise<Explanation>;
  /** Tells of requests that have ended, until the function that it returns is called. */
  follow(filter: RequestFilter, listener: (news: FollowedRequests) => void): () => void;
}
