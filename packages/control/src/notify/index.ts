export { notices } from './collections.ts';
export type { NoticeWriter } from './create-notices.ts';
export { createNotices } from './create-notices.ts';
export type { Notifier, NotifierOptions } from './notifier.ts';
export { startNotifier } from './notifier.ts';
