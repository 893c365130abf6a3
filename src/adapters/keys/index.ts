export { createClusterKey, createNodeKeys, createUserKeys, readUserKeys } from './identity-keys.ts'
export type { NodeKeys, UserKeys } from './identity-keys.ts'
export { createSealOpener } from './seal.ts'
export { createVault } from './vault.ts'
