import type { NodeDraft } from './draft.ts';
import type { Problem } from './problem.ts';

/** What a process needs to be one of many. */
export function nodeProblems(node: NodeDraft): Problem[] {
  const problems: Problem[] = [];
  const isAlone = node.role === 'gateway' && !node.hasControlUrls;
  if (isAlone && !node.hasRoutes) problems.push({ path: ['node', 'controlUrls'], message: withoutControl });
  if (node.role === 'gateway' && node.hasControlUrls && !node.hasJoinToken && !node.hasCertFile) {
    problems.push({ path: ['node', 'joinToken'], message: withoutProof });
  }
  if (node.hasCertFile && !node.hasKeyFile)
    problems.push({ path: ['node', 'keyFile'], message: 'certFile needs its key' });
  if (node.hasKeyFile && !node.hasCertFile) {
    problems.push({ path: ['node', 'certFile'], message: 'keyFile needs its certificate' });
  }
  return problems;
}

const withoutControl = 'role gateway needs the addresses of the control processes here, or routes in the file';
const withoutProof = 'is required beside controlUrls, or certFile and keyFile instead: control takes no unknown nodes';
