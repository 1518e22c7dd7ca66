export { notices } from './collections.ts';
export { createNotices } from './create-notices.ts';
export type { NoticeWriter } from './create-notices.ts';
export { Notifier } from './notifier.ts';
