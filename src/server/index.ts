export { LogDamage } from './log.ts'
export type { AppendResult, Entropy, LogCopy, LogStore, StoredRecord, Vault } from './ports.ts'
export { startServer } from './server.ts'
export type { ServerOptions } from './server.ts'
