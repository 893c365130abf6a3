export { readGate } from './gate.ts'
export { readScaling } from './scaling.ts'
