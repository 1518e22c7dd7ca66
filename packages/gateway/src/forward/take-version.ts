import type { CompiledRoute, CompiledSplit } from '../compile/snapshot.ts';
import type { Exchange } from './exchange.ts';
import { considerMirroring } from './mirror.ts';

/** How long a browser keeps the cookie that keeps its user at one version, in seconds: 30 days. */
const cookieSeconds = 2_592_000;
/** Marks answers to smoke requests, whether or not the version is shown to clients. */
const probed = 'X-Gateway-Version: candidate\r\n';

/**
 * Step 3 of the life of a request, while a deployment runs: the exchange gets its version, and runs on it to its end.
 * Undefined while the choice depends on who sends the request, and nobody has found that out.
 */
export function takeVersion(exchange: Exchange, split: CompiledSplit): CompiledRoute | undefined {
  const choice = split.choose(exchange);
  if (choice === 'identify') return undefined;
  const route = choice === 'stable' ? split.stable : split.candidate;
  if (choice === 'probe') {
    // A smoke request is not counted: it says nothing about the traffic. The answer says that it is the candidate's.
    exchange.takeVersion(-1, probed);
    return route;
  }
  const { slot, field, mirror } = route.version;
  exchange.worker.state.versions.add(slot);
  exchange.takeVersion(slot, field + newCookie(exchange, split));
  if (mirror !== undefined) considerMirroring(exchange, mirror);
  return route;
}

function newCookie(exchange: Exchange, { cookie }: CompiledSplit): string {
  const { newUser } = exchange;
  if (newUser === undefined || cookie === undefined) return '';
  const secure = exchange.seenClient.secure ? '; Secure' : '';
  return `Set-Cookie: ${cookie}=${newUser}; Path=/; HttpOnly; SameSite=Lax; Max-Age=${cookieSeconds}${secure}\r\n`;
}
