export { publishAccount, setReplicas } from './accounts.ts'
export {
  accountJwt,
  operatorJwt,
  systemAccountJwt,
  systemAccountOf,
  systemUserJwt,
  userJwt,
} from './claims.ts'
export type { Revocations } from './claims.ts'
export type { Credentials, NatsOptions } from './connection.ts'
export type { Identity } from './identity.ts'
export type { LogStoreOptions } from './log-store.ts'
export { connectNats } from './nats.ts'
export type { Nats } from './nats.ts'
export { natsServerVersion, renewCertificate, startNatsServer, stopNatsServer } from './nats-server.ts'
export type { NatsProgram, NatsServerOptions, RunningNats } from './nats-server.ts'
export { maxPayloadBytes } from './server-config.ts'
export type { NatsClusterConfig } from './server-config.ts'
export { fetchCa } from './shown-ca.ts'
export { createTrust } from './trust.ts'
export type { BeginningTrust } from './trust.ts'
