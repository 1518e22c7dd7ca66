export type { BackupSummary } from './backup-format.ts';
export { checkBackup, restoreBackup } from './restore-backup.ts';
export type { RestoreOptions } from './restore-backup.ts';
export { writeBackup } from './write-backup.ts';
export type { WriteBackupOptions } from './write-backup.ts';
