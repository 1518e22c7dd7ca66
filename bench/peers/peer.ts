import type { Lab, Server } from '../lab.ts';

/** A proxy under test: how to start it in front of the upstream. */
export type StartPeer = (lab: Lab, upstreamPort: number) => Promise<Server>;

/** The one suite that all of them offer: what Sluice prefers by default. */
export const suite = 'TLS_AES_128_GCM_SHA256';
