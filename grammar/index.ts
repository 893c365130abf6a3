export { parsePlacement } from './placement.ts'
export type { ParsedPlacement, PlacementCondition, PlacementValue } from './placement.ts'
export { holeMark } from './tokens.ts'
export type { GrammarCode, GrammarMistake } from './tokens.ts'
