// A mistake that only shows while a program runs: thrown where it happens, and read by the compiler, which knows the
// words for it. Invariant: it carries a code of compiler/codes.ts and plain data, never a handle.

export type MistakeCode = 'GT0010' | 'GT1010' | 'GT1201' | 'GT2001' | 'GT2006' | 'GT2007' | 'GT5006'

export class Mistake extends Error {
  readonly code: MistakeCode
  readonly data: Readonly<Record<string, string>>
  constructor(code: MistakeCode, data: Readonly<Record<string, string>>) {
    super(code)
    this.name = 'Mistake'
    this.code = code
    this.data = data
  }
}
