import { BlockList, isIP } from 'node:net';
import type { CheckInput } from './check.ts';
import { isControl } from './check.ts';
import { ok, warn } from './finding.ts';
import type { Finding } from './finding.ts';

const loopback = new BlockList();
loopback.addSubnet('127.0.0.0', 8, 'ipv4');
loopback.addAddress('::1', 'ipv6');

/** Whether the management port is open to others without TLS, and whether nodes elsewhere could join. */
export function checkManagement(input: CheckInput): Finding[] {
  const { role, management, node } = input.config;
  const { host, tls } = management;
  const isPrivate = isLoopback(host);
  const findings: Finding[] = [];
  if (isPrivate) findings.push(ok(`${host} can be reached from this machine alone`));
  else if (tls !== undefined) findings.push(ok(`${host} can be reached by others, with TLS`));
  else findings.push(warn(`${host} can be reached by others without TLS (management.host)`, adviceTls));
  const mayJoin = node.joinToken !== undefined || tls?.clientCaFile !== undefined;
  if (isControl(input) && !mayJoin && (role === 'control' || !isPrivate)) {
    findings.push(warn('no node elsewhere can join: there is neither a join token nor an authority', adviceToken));
  }
  if (role === 'control' && isPrivate) {
    findings.push(
      warn(`nodes elsewhere cannot reach ${host} (management.host)`, 'listen on an address of the network, with TLS'),
    );
  }
  return findings;
}

const adviceTls = 'set management.tls, or listen on 127.0.0.1: passwords and tokens can be read on the network';
const adviceToken = 'set node.joinToken (SLUICE_JOIN_TOKEN_FILE) here and on the nodes, or management.tls.clientCaFile';

function isLoopback(host: string): boolean {
  const family = isIP(host);
  return family === 0 ? host === 'localhost' : loopback.check(host, family === 6 ? 'ipv6' : 'ipv4');
}
