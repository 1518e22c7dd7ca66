import type { z } from 'zod';
import type { managementConfig } from '../config/management-config.ts';
import type { proxyConfig } from '../config/proxy-config.ts';
import type { Readable } from './readable.ts';

/** An address the gateway itself listens on. */
export interface Listener {
  readonly key: 'proxy.port' | 'proxy.tls.port' | 'management.port';
  readonly host: string;
  readonly port: number;
  readonly path: (string | number)[];
}

/** The parts of a configuration that say where the gateway listens. */
export interface Listening {
  readonly proxy?: Readable<z.output<typeof proxyConfig>> | undefined;
  readonly management?: Readable<z.output<typeof managementConfig>> | undefined;
}

/** Where a gateway with this configuration listens. */
export function listenersOf({ proxy = {}, management = {} }: Listening): readonly Listener[] {
  const { http, tls } = proxy;
  return [
    ...(http === false ? [] : listener('proxy.port', proxy)),
    ...(tls === undefined ? [] : listener('proxy.tls.port', { host: proxy.host, port: tls.port })),
    ...listener('management.port', management),
  ];
}

function listener(
  key: Listener['key'],
  { host, port }: { readonly host?: string | undefined; readonly port?: number | undefined },
): Listener[] {
  return host === undefined || port === undefined ? [] : [{ key, host, port, path: key.split('.') }];
}
