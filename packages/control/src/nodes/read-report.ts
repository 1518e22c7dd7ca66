import { nodeReportInput } from '@sluice/model';
import { z } from 'zod';
import type { Json } from '../store/store.ts';
import type { NodeReport } from '@sluice/model';
import type { NodeKey } from './name-claims.ts';

const passedReport = z.object({ report: nodeReportInput, key: z.string().max(64).optional() });

/** A report as another control process passed it on, held to what nodes may send; undefined when it is none. */
export function readReport(message: Json): { readonly report: NodeReport; readonly key?: NodeKey } | undefined {
  const read = passedReport.safeParse(message);
  return read.success ? read.data : undefined;
}
