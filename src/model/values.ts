// The model's second door: values and texts, without the schemas. Invariant: what stands behind it loads no library, so
// that the compiler's threads, which have no documents in their hands, start at once (index.ts takes 80 ms). Everybody
// else comes in by index.ts.

export * from './canonical.ts'
export * from './duration.ts'
export * from './fault.ts'
export * from './nearest.ts'
export * from './pattern.ts'
export * from './quantity.ts'
export * from './text.ts'
