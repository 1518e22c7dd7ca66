import { nodeReportInput } from '@sluice/model';
import { z } from 'zod';
import type { Json } from '../store/store.ts';
import type { NodeReport } from '@sluice/model';
import type { NodeKey } from './name-claims.ts';

const passedReport = z.object({ report: nodeReportInput, key: z.string().max(64).optional() });

/** Reads a report that another control process passed on; undefined when it is not what nodes may send. */
export function readReport(message: Json): { readonly report: NodeReport; readonly key?: NodeKey } | undefined {
  const read = passedReport.safeParse(message);
  return read.success ? read.data : undefined;
}
