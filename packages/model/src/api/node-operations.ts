import { z } from 'zod';
import { roles } from '../config/roles.ts';
import { line } from '../values/text.ts';
import { pageQuery, revisionNumber, timestamp } from './fields.ts';
import { healthResource, metricsResource } from './health-resource.ts';
import { consumerNews, consumerPage } from '../node/consumer-news.ts';
import { nodeChanges } from '../node/node-changes.ts';
import { nodeReportInput } from '../node/node-report.ts';
import { nodeList } from './node-resource.ts';
import { defineOperations } from './operation.ts';

const tag = 'nodes';
const params = z.strictObject({
  nodeId: line(256).describe('Id of the node.'),
});

/** The gateway nodes, and how all of it is. */
export const nodeOperations = defineOperations({
  listNodes: {
    method: 'GET',
    path: '/gateway/nodes',
    tag,
    summary: 'List nodes, the revision that each runs, and whether all run the current one',
    auth: 'user',
    roles,
    scope: 'nodes:read',
    query: z.strictObject({
      live: z.boolean().optional().describe('Only nodes that are live, or only those that are not.'),
      ...pageQuery,
    }),
    answer: { status: 200, description: 'A page.', schema: nodeList },
  },
  nodeChanges: {
    method: 'GET',
    path: '/gateway/nodes/{nodeId}/changes',
    tag,
    summary: 'Wait for changes (for nodes)',
    auth: 'node',
    roles: [],
    params,
    query: z.strictObject({
      since: revisionNumber.default(0).describe('The revision that the node has; 0 for none.'),
      lineage: line(128).optional().describe('The history that revision belongs to.'),
      revisionAt: timestamp.optional().describe('When that revision was made.'),
      withheld: z.boolean().optional().describe('The node was told that it keeps what it runs.'),
      wait: z.int().min(0).max(60_000).default(0).describe('Milliseconds that the answer may wait for something new.'),
    }),
    answer: { status: 200, description: 'What is new.', schema: nodeChanges },
  },
  nodeConsumers: {
    method: 'GET',
    path: '/gateway/nodes/{nodeId}/consumers',
    tag,
    summary: 'Wait for changes of consumers (for nodes)',
    auth: 'node',
    roles: [],
    params,
    query: z.strictObject({
      since: z.int().min(0).default(0).describe('The number of the last change that the node knows; 0 for none.'),
      lineage: line(128).optional().describe('The history that the number belongs to.'),
      at: timestamp.optional().describe('When the store was changed or confirmed last, as the node knows.'),
      withheld: z.boolean().optional().describe('The node was told that it keeps what it knows.'),
      wait: z.int().min(0).max(60_000).default(0).describe('Milliseconds that the answer may wait for something new.'),
    }),
    answer: { status: 200, description: 'What is new.', schema: consumerNews },
  },
  nodeConsumerPage: {
    method: 'GET',
    path: '/gateway/nodes/{nodeId}/consumers/all',
    tag,
    summary: 'Read all consumers, page by page (for nodes)',
    auth: 'node',
    roles: [],
    params,
    query: z.strictObject({
      from: line(256).optional().describe('Where the page begins, as the page before says; the first one if left out.'),
    }),
    answer: { status: 200, description: 'A page.', schema: consumerPage },
  },
  nodeReport: {
    method: 'POST',
    path: '/gateway/nodes/{nodeId}/reports',
    tag,
    summary: 'Report the state of a node (for nodes)',
    auth: 'node',
    roles: [],
    params,
    // 5,000 backends and 2,000 routes are about 1.5 MB.
    body: { schema: nodeReportInput },
    answer: { status: 204, description: 'It is noted.' },
  },
  getHealth: {
    method: 'GET',
    path: '/gateway/health',
    tag: 'health',
    summary: 'Read the health of this process',
    description: '503 when it cannot serve: it proxies nothing, and its store does not answer.',
    auth: 'open',
    roles: [],
    limit: { group: 'health:read', perMinute: 60 },
    answer: { status: 200, description: 'Its health.', schema: healthResource },
  },
  getMetrics: {
    method: 'GET',
    path: '/gateway/metrics',
    tag: 'health',
    summary: 'Figures of all nodes together',
    auth: 'user',
    roles,
    scope: 'metrics:read',
    limit: { group: 'metrics:read', perMinute: 60 },
    answer: { status: 200, description: 'The figures.', schema: metricsResource },
  },
});
