import type { CheckInput } from './check.ts';
import { placesToListen } from '../config/places-to-listen.ts';
import { isGateway } from './check.ts';
import { ok, warn } from './finding.ts';
import type { Finding } from './finding.ts';

/** Files that are open whatever the traffic is: libraries, logs, the store; and those of each worker. */
const files = { always: 200, perWorker: 50 };
/** As many connections as the gateway lets wait to be accepted. */
const backlog = 4_096;

/** Whether the limits of the system suit those of the configuration. Linux only: elsewhere there is nothing to read. */
export async function checkLimits(input: CheckInput): Promise<Finding[]> {
  if (!isGateway(input)) return [];
  const [limits, somaxconn, range] = await Promise.all(
    ['/proc/self/limits', '/proc/sys/net/core/somaxconn', '/proc/sys/net/ipv4/ip_local_port_range'].map((file) =>
      input.probes.readSystem(file),
    ),
  );
  return [
    ...openFiles(limits, input),
    ...waitingConnections(somaxconn),
    ...(range === undefined ? [] : outgoingPorts(range, input)),
  ];
}

function openFiles(limits: string | undefined, { config: { proxy } }: CheckInput): Finding[] {
  // The hard limit: Node raises the soft one to it.
  const hard = /^Max open files\s+\S+\s+(\S+)/m.exec(limits ?? '')?.[1];
  if (hard === undefined) return [];
  const limit = hard === 'unlimited' ? Infinity : Number(hard);
  // A client and the backend it is connected to: two each.
  const needed = proxy.maxConnections * 2 + proxy.workers * files.perWorker + files.always;
  if (proxy.maxConnections === 0) {
    return [ok(`${hard} open files; proxy.maxConnections is 0, so they alone are the limit`)];
  }
  if (limit >= needed) return [ok(`${hard} open files, enough for ${proxy.maxConnections} connections`)];
  const message = `${hard} open files, but ${proxy.maxConnections} connections (proxy.maxConnections) may need ${needed}`;
  return [
    warn(
      message,
      `raise the limit (ulimit -n ${needed}, LimitNOFILE=${needed} in systemd), or lower proxy.maxConnections`,
    ),
  ];
}

function waitingConnections(text: string | undefined): Finding[] {
  const most = Number(text?.trim());
  if (text === undefined || most >= backlog) return [];
  const advice = `sysctl -w net.core.somaxconn=${backlog}`;
  return [warn(`only ${most} connections may wait to be accepted: a sudden rush is refused`, advice)];
}

function outgoingPorts(text: string, { config }: CheckInput): Finding[] {
  const [first = 0, last = 0] = text.trim().split(/\s+/).map(Number);
  const findings: Finding[] = [];
  const available = last - first + 1;
  const backends = [...config.backends, ...config.routes.flatMap((route) => route.backends)];
  const largest = Math.max(0, ...backends.map(({ connectionPool }) => connectionPool.maxSize));
  const wanted = largest * config.proxy.workers;
  if (wanted > available) {
    const message = `${available} ports for connections to one backend, but connectionPool.maxSize × workers is ${wanted}`;
    findings.push(warn(message, 'sysctl -w net.ipv4.ip_local_port_range="1024 65535", or lower maxSize'));
  }
  for (const { key, port } of placesToListen(config)) {
    if (port < first || port > last) continue;
    const message = `${key} ${port} lies among the ports for outgoing connections (${first} to ${last})`;
    findings.push(
      warn(message, `one of those may take it at a restart: sysctl -w net.ipv4.ip_local_reserved_ports=${port}`),
    );
  }
  return findings;
}
