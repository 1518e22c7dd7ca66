/** Requests to routes that have one policy, or several. */
export interface PolicyLoad {
  readonly id: string;
  readonly title: string;
  /** The settings of its routes. */
  readonly route: object;
  /** Header fields of request number `index`, beside those of a browser. */
  readonly headers?: (index: number) => Readonly<Record<string, string>>;
  /** How many different requests are sent in turn. */
  readonly different?: number;
  /** What its cost may be as a multiple of nginx's without any policy. */
  readonly limit?: { readonly must: number; readonly aim: number };
}

/** Loads whose routes are in one gateway. */
export interface PolicyGroup {
  /** Settings beside the routes. */
  readonly settings: object;
  /** Whether its gateway has a Redis. */
  readonly hasRedis?: boolean;
  readonly loads: readonly PolicyLoad[];
}
