export { checkFresh } from './basis.ts'
export type { Field } from './field.ts'
export {
  configFields,
  cronFields,
  ingressFields,
  jobFields,
  secretFields,
  serviceFields,
  volumeFields,
} from './fields.ts'
export { decodePlanFile, encodePlanFile, isPlanFile, planFileFormat } from './file.ts'
export type { PlanFile } from './file.ts'
export { makeDestroyPlan, makePlan } from './make.ts'
export type { DestroyPlanRequest, PlanRequest } from './make.ts'
export { renderPlanMarkdown } from './markdown.ts'
export {
  countSteps,
  fieldChange,
  forecast,
  isNothingToDo,
  plan as planSchema,
  planFormat,
  planStep,
  unchanged,
} from './plan.ts'
export type { BasisObject, FieldChange, Forecast, Operation, Plan, PlanStep, Unchanged } from './plan.ts'
export { progressOf, renderProgress } from './progress.ts'
export type { LineState, Progress, ProgressLine } from './progress.ts'
export { refusalDiagnostics, refusedExit } from './refusal.ts'
export { renderPlan } from './render.ts'
export type { RenderOptions } from './render.ts'
