export { createAuthority, readAuthority, readOrCreateAuthority, withNewSigningKey } from './authority.ts'
export { createCa, fingerprintOf, isIssuedBy, issueCertificate, isWorn } from './certificate.ts'
export type { Certified } from './certificate.ts'
export {
  createClusterKey,
  createNodeKeys,
  createUserKeys,
  newUserKeys,
  readUserKeys,
} from './identity-keys.ts'
export type { NodeKeys, UserKeys } from './identity-keys.ts'
export { createSealOpener } from './seal.ts'
export { createVault } from './vault.ts'
