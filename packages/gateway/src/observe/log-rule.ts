import type { AccessLogConfig, RouteAccessLogConfig } from '@sluice/model';

/** Which exchanges of a route the access log has. */
export interface LogRule {
  /** Share of the exchanges, 0..1. */
  readonly sample: number;
  readonly failures: boolean;
  /** 1 at each status that is always logged; undefined without any. */
  readonly statuses: Uint8Array | undefined;
  /** Infinity if being slow does not matter. */
  readonly slowerThanMs: number;
}

/** What a rule asks of an exchange that has ended. */
export interface LoggedExchange {
  readonly errorCode: string | undefined;
  readonly status: number;
  /** Whether it is a WebSocket, which lasts as long as its peers like. */
  readonly isDetached: boolean;
  elapsedMs(): number;
}

/** Compiles the rule of a route, or the one for requests without a route. */
export function compileLogRule(proxy: AccessLogConfig, route: RouteAccessLogConfig = {}): LogRule {
  const { sample, failures, statuses, slowerThan = Infinity } = { ...proxy, ...route };
  return { sample, failures, statuses: statusTable(statuses), slowerThanMs: slowerThan };
}

/** Whether the access log has this exchange. Nothing is built to find out. */
export function isLogged(rule: LogRule, exchange: LoggedExchange, random: () => number): boolean {
  if (rule.failures && exchange.errorCode !== undefined) return true;
  if (rule.statuses !== undefined && rule.statuses[exchange.status] === 1) return true;
  if (rule.sample > 0 && random() < rule.sample) return true;
  return rule.slowerThanMs !== Infinity && !exchange.isDetached && exchange.elapsedMs() > rule.slowerThanMs;
}

function statusTable(statuses: readonly string[]): Uint8Array | undefined {
  if (statuses.length === 0) return undefined;
  const table = new Uint8Array(600);
  for (const text of statuses) {
    if (text.endsWith('xx')) table.fill(1, Number(text[0]) * 100, (Number(text[0]) + 1) * 100);
    else table[Number(text)] = 1;
  }
  return table;
}
