export { startAgent } from './agent.ts'
export type { AgentOptions } from './agent.ts'
export { Guardian } from './guardian.ts'
export type { GuardianDeps } from './guardian.ts'
export { Gate } from './gate.ts'
export { containerName, labels, networkName, volumeName } from './naming.ts'
export { RuntimeFailure, StoreDamage } from './ports.ts'
export type {
  AgentStore,
  Backend,
  ContainerInfo,
  ContainerMount,
  ContainerOptions,
  ContainerRequest,
  DiskSpace,
  Guard,
  GuardedLease,
  LogLine,
  Prober,
  ProbeOutcome,
  Publisher,
  Runtime,
  RuntimeEvent,
  RuntimeFailureKind,
  RuntimeInfo,
  SecretFiles,
  Shelf,
  StoredName,
} from './ports.ts'
