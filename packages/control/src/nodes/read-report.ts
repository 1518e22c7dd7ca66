import { nodeReportInput } from '@sluice/model/api';
import type { Json } from '../store/store.ts';
import type { NodeReport } from '../node/node-report.ts';

/** A report as another control process passed it on, held to what nodes may send; undefined when it is none. */
export function readReport(message: Json): NodeReport | undefined {
  const read = nodeReportInput.safeParse(message);
  return read.success ? read.data : undefined;
}
