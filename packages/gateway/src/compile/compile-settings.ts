import type { ProxyConfig } from '@sluice/model';
import { BlockList, isIPv6 } from 'node:net';
import { Field } from '../http1/field-names.ts';
import { compileLogRule } from '../observe/log-rule.ts';
import type { ProxySettings } from './snapshot.ts';

/** The proxy's settings in the form in which the data plane reads them. */
export function compileSettings(proxy: ProxyConfig, revision: number): ProxySettings {
  return {
    limits: proxy.limits,
    timeouts: proxy.timeouts,
    maxConcurrentRequests: proxy.maxConcurrentRequests,
    connectionLimits: { total: proxy.maxConnections, perAddress: proxy.maxConnectionsPerAddress },
    trustedProxies: trustedProxies(proxy.trustedProxies),
    dropFromRequests: proxy.allowUnderscoreHeaders ? 0 : 1 << Field.underscored,
    retryBudget: proxy.retryBudget,
    logRule: compileLogRule(proxy.accessLog),
    health: proxy.health,
    revisionField: proxy.exposeRevision ? `X-Gateway-Revision: ${revision}\r\n` : '',
  };
}

function trustedProxies(ranges: readonly string[]): BlockList | undefined {
  if (ranges.length === 0) return undefined;
  const list = new BlockList();
  for (const range of ranges) {
    const [address, prefix] = range.split('/');
    const family = isIPv6(address) ? 'ipv6' : 'ipv4';
    if (prefix === undefined) list.addAddress(address, family);
    else list.addSubnet(address, Number(prefix), family);
  }
  return list;
}
