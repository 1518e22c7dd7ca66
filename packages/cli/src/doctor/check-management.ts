import { isPrivateHost } from '@sluice/model';
import type { CheckInput } from './check.ts';
import { isControl } from './check.ts';
import { ok, warn } from './finding.ts';
import type { Finding } from './finding.ts';

/** Who reaches the management port, and whether nodes elsewhere could join. A warning of the configuration asks for TLS. */
export function checkManagement(input: CheckInput): Finding[] {
  const { role, management, node } = input.config;
  const { host, tls } = management;
  const isPrivate = isPrivateHost(host);
  const findings: Finding[] = [];
  if (isPrivate) findings.push(ok(`${host} can be reached from this machine alone`));
  else findings.push(ok(`${host} can be reached by others${tls === undefined ? '' : ', with TLS'}`));
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

const adviceToken = 'set node.joinToken (SLUICE_JOIN_TOKEN_FILE) here and on the nodes, or management.tls.clientCaFile';
