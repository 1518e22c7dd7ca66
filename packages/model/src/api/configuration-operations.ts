import { z } from 'zod';
import { roles } from '../roles.ts';
import { changePreview } from './change-resource.ts';
import { configurationEdge, configurationExport, configurationInput } from './configuration-resource.ts';
import { changeQuery, dryRunQuery, pageQuery, revisionNumber } from './fields.ts';
import { defineOperations } from './operation.ts';
import { restoreInput, revisionDifference, revisionList, revisionWithChanges } from './revision-resource.ts';

const revisions = 'revisions';
const configuration = 'configuration';
const params = z.strictObject({ revision: revisionNumber });
/** 100,000 backends are about 15 MB. */
const wholeBytes = 64 * 1024 * 1024;

/** The configuration as a whole, and its history. */
export const configurationOperations = defineOperations({
  listRevisions: {
    method: 'GET',
    path: '/gateway/revisions',
    tag: revisions,
    summary: 'List revisions',
    auth: 'user',
    roles,
    scope: 'revisions:read',
    query: z.strictObject(pageQuery),
    answer: { status: 200, description: 'A page.', schema: revisionList },
    etag: true,
  },
  getRevision: {
    method: 'GET',
    path: '/gateway/revisions/{revision}',
    tag: revisions,
    summary: 'Read a revision and what it changed',
    auth: 'user',
    roles,
    scope: 'revisions:read',
    params,
    answer: { status: 200, description: 'The revision.', schema: revisionWithChanges },
    errors: ['NOT_FOUND'],
  },
  diffRevisions: {
    method: 'GET',
    path: '/gateway/revisions/{revision}/diff',
    tag: revisions,
    summary: 'Compare two revisions',
    auth: 'user',
    roles,
    scope: 'revisions:read',
    params,
    query: z.strictObject({ to: revisionNumber.optional().describe('The current one when left out.') }),
    answer: { status: 200, description: 'The difference.', schema: revisionDifference },
    errors: ['NOT_FOUND'],
  },
  restoreRevision: {
    method: 'POST',
    path: '/gateway/revisions/{revision}/restore',
    tag: revisions,
    summary: 'Make the content of a revision current again',
    description: 'As a new revision; when the content is the same already, nothing changes.',
    auth: 'user',
    roles: ['Admin'],
    scope: 'revisions:write',
    params,
    query: z.strictObject(dryRunQuery),
    body: { schema: restoreInput, optional: true },
    answer: { status: 200, description: 'What was changed.', schema: changePreview },
    dryRun: true,
    idempotencyKey: true,
    etag: true,
    errors: ['NOT_FOUND', 'CONFLICT'],
  },
  exportConfiguration: {
    method: 'GET',
    path: '/gateway/configuration',
    tag: configuration,
    summary: 'Export all routes and shared backends',
    auth: 'user',
    roles,
    scope: 'configuration:read',
    answer: { status: 200, description: 'The configuration.', schema: configurationExport },
    etag: true,
  },
  applyConfiguration: {
    method: 'POST',
    path: '/gateway/configuration/apply',
    tag: configuration,
    summary: 'Bring in a whole configuration',
    description: 'One revision, all of it or nothing. What it does not mention is removed only with `prune`.',
    auth: 'user',
    roles: ['Admin'],
    scope: 'configuration:write',
    query: z.strictObject(changeQuery),
    body: { schema: configurationInput, edge: configurationEdge, maxBytes: wholeBytes },
    answer: { status: 200, description: 'What was changed.', schema: changePreview },
    dryRun: true,
    idempotencyKey: true,
    etag: true,
    ifMatch: true,
    errors: ['CONFLICT'],
  },
  diffConfiguration: {
    method: 'POST',
    path: '/gateway/configuration/diff',
    tag: configuration,
    summary: 'Compare a whole configuration with the current one',
    description: 'Changes nothing.',
    auth: 'user',
    roles,
    scope: 'configuration:read',
    body: { schema: configurationInput, edge: configurationEdge, maxBytes: wholeBytes },
    answer: { status: 200, description: 'What would be changed, and what is wrong.', schema: changePreview },
    etag: true,
  },
});
