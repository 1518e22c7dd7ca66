export { notices } from './collections.ts';
export { createNotices } from './create-notices.ts';
export { Notifier } from './notifier.ts';
