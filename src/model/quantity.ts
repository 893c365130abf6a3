// Quantities of cpu and memory: how they are written ('250m', '512Mi') and what they mean (millicores, bytes).
// Invariant: parse(format(x)) = x, and one canonical spelling per value. It knows nothing of where a quantity
// stands or who asks; rules about minimum and maximum belong to the compiler.

/** Thousandths of a core. */
export type MilliCpu = number
/** Bytes. */
export type Bytes = number

const cpuPattern = /^(?:(0|[1-9]\d*)m|(0|[1-9]\d*)(?:\.(\d{1,3}))?)$/
const memoryPattern = /^(?:(0|[1-9]\d*)B|(0|[1-9]\d*)(?:\.(\d{1,3}))?(Ki|Mi|Gi|Ti))$/

const memoryUnits = { Ki: 1024, Mi: 1024 ** 2, Gi: 1024 ** 3, Ti: 1024 ** 4 } as const

/** Thousandths of a core from `'250m'`, `'2'` or `'0.5'`; undefined when the text is not in that form. */
export function parseCpu(text: string): MilliCpu | undefined {
  const match = cpuPattern.exec(text)
  if (!match) return undefined
  if (match[1] !== undefined) return inSafeRange(Number(match[1]))
  return inSafeRange(Number(match[2]) * 1000 + Number((match[3] ?? '').padEnd(3, '0')))
}

/**
 * Bytes from `'512Mi'`, `'1.5Gi'` (units Ki, Mi, Gi, Ti; a fraction of a byte is rounded) or `'1000B'`; undefined when
 * the text is not in that form.
 */
export function parseMemory(text: string): Bytes | undefined {
  const match = memoryPattern.exec(text)
  if (!match) return undefined
  if (match[1] !== undefined) return inSafeRange(Number(match[1]))
  const unit = memoryUnits[match[4] as keyof typeof memoryUnits] // the pattern admits these four only
  return inSafeRange(Math.round(Number(`${match[2]}.${match[3] ?? '0'}`) * unit))
}

export function formatCpu(millis: MilliCpu): string {
  return millis % 1000 === 0 ? String(millis / 1000) : `${millis}m`
}

/** The largest unit that is exact, so that parsing gives the same bytes back; bytes that are no whole Ki print as `B`. */
export function formatBytes(bytes: Bytes): string {
  for (const [unit, size] of Object.entries(memoryUnits).reverse())
    if (bytes >= size && bytes % size === 0) return `${bytes / size}${unit}`
  return `${bytes}B`
}

/** For people: one decimal at most, never used where the text is parsed again. */
export function humanBytes(bytes: Bytes): string {
  for (const [unit, size] of Object.entries(memoryUnits).reverse())
    if (bytes >= size) return `${Number((bytes / size).toFixed(bytes / size < 10 ? 1 : 0))}${unit}`
  return `${bytes}B`
}

function inSafeRange(value: number): number | undefined {
  return Number.isSafeInteger(value) ? value : undefined
}
