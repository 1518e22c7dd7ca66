import type { z } from 'zod';
import type { gatewayConfig } from '../config/gateway-config.ts';
import type { Problem } from '../values/problem.ts';
import type { Readable } from './readable.ts';

/** What is missing for a process to be one node of many. */
export function nodeProblems({ role, routes, node = {} }: Readable<z.output<typeof gatewayConfig>>): Problem[] {
  const problems: Problem[] = [];
  // What is not a list is reported by its schema.
  const hasControl = node.controlUrls?.length !== 0;
  const { joinToken, certFile, keyFile } = node;
  if (role === 'gateway' && !hasControl && routes === undefined)
    problems.push({ path: ['node', 'controlUrls'], message: withoutControl });
  if (role === 'gateway' && hasControl && joinToken === undefined && certFile === undefined) {
    problems.push({ path: ['node', 'joinToken'], message: withoutProof });
  }
  if (certFile !== undefined && keyFile === undefined)
    problems.push({ path: ['node', 'keyFile'], message: 'certFile needs its key' });
  if (keyFile !== undefined && certFile === undefined) {
    problems.push({ path: ['node', 'certFile'], message: 'keyFile needs its certificate' });
  }
  return problems;
}

const withoutControl = 'role gateway needs the addresses of the control processes here, or routes in the file';
const withoutProof =
  'is required beside controlUrls, or certFile and keyFile instead: the control plane accepts no unknown nodes';
