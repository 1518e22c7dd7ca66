import type { Lab, Server } from '../lab.ts';

/** A proxy under test: how to start it in front of the upstream. */
export type StartPeer = (lab: Lab, upstreamPort: number) => Promise<Server>;
