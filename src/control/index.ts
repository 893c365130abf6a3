export { applyStack, exitOf, losesUnasked } from './apply.ts'
export type { ApplyWish } from './apply.ts'
export { assignmentsFor, tasksGiven } from './assignments.ts'
export type { UnsealedAssignment } from './assignments.ts'
export { compareStack, hasWork } from './compare.ts'
export type { Comparison, JobStep, SecretStep, ServiceStep, Step, VolumeStep } from './compare.ts'
export { conditionText, holdsFor, valueOn } from './condition.ts'
export type { Decision } from './decision.ts'
export { destroyStack } from './destroy.ts'
export type { DestroyWish } from './destroy.ts'
export { allKeys } from './keys.ts'
export type { WorkKey } from './keys.ts'
export { noticesOf } from './notices.ts'
export type { Notice } from './notices.ts'
export { explainPending } from './pending.ts'
export type { Pending } from './pending.ts'
export type { TurnedAway } from './placement.ts'
export { volumesToDelete } from './removal.ts'
export {
  recordDeletedVolumes,
  recordHello,
  recordNodeStatus,
  recordReports,
  statusAfterSilence,
} from './reports.ts'
export { reconcile, runRound } from './round.ts'
export type { Decide, Part, Round } from './round.ts'
export { secretsToGenerate, setSecret } from './secrets.ts'
export { unsupported } from './support.ts'
export { supportCodes } from './support-codes.ts'
export type { SupportCode, SupportEntry } from './support-codes.ts'
export { secretsUsed } from './task.ts'
export { validateDocument } from './validate.ts'
export type { Refusal } from './validate.ts'
