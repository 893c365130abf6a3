export type { Authority, Bearer } from './authority.ts'
export { LogDamage } from './log-errors.ts'
export { changeMembership } from './membership.ts'
export type { MembershipAnswer } from './membership.ts'
export type {
  AppendResult,
  Entropy,
  Founding,
  LoadedCopy,
  LogCopy,
  LogStore,
  Promised,
  ServerOptions,
  Snapshots,
  StoredRecord,
  Vault,
} from './ports.ts'
export { startServer } from './server.ts'
