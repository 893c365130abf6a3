export { LogDamage } from './log.ts'
export type { AppendResult, Entropy, LogCopy, LogStore, ServerOptions, StoredRecord, Vault } from './ports.ts'
export { startServer } from './server.ts'
