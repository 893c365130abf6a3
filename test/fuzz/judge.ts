// What the compiler must do with any program: answer, in time, with diagnostics whose places are in the program's files;
// and what it passes has to become a document. It knows nothing of how programs come about.

import { readFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { codes } from '../../src/compiler/codes.ts'
import { placeOfFile } from '../../src/compiler/files.ts'
import { check, compile, renderDiagnostics } from '../../src/compiler/index.ts'
import { Fault } from '../../src/model/index.ts'
import type { Diagnostic, Span } from '../../src/model/index.ts'

/** For the evaluation; the whole of a check may take as long again as a busy machine needs. */
const deadlineMs = 3000
const answerMs = 90_000

/** Checks a program in a folder. Throws what is wrong with the compiler, with the program at its end. */
export async function judge(folder: string, program: string | Uint8Array): Promise<void> {
  const file = join(folder, 'fuzz.stack.ts')
  await writeFile(file, program)
  const began = performance.now()
  try {
    const result = await check({ file, cacheFolder: null, deadlineMs })
    const found = result.ok ? result.warnings : result.diagnostics
    if (!result.ok && found.length === 0) throw new Error('it is refused without a reason')
    for (const each of found) judgeDiagnostic(folder, each)
    renderDiagnostics(found, { color: true, verbose: true, width: 80, root: folder, base: folder })
    if (result.ok && result.inputs.length === 0) await judgeDocument(file)
  } catch (error) {
    // A file that is no text at all is the user's fault, and said as one.
    if (error instanceof Fault) return
    const text = typeof program === 'string' ? program : Buffer.from(program).toString('latin1')
    throw new Error(`the compiler is at fault: ${String(error)}\n${text}`, { cause: error })
  }
  const took = performance.now() - began
  if (took > answerMs) throw new Error(`the answer took ${Math.round(took)} ms\n${String(program)}`)
}

/** What check passes, compile passes. */
async function judgeDocument(file: string): Promise<void> {
  const result = await compile({ file, inputs: {}, cacheFolder: null, deadlineMs })
  const only = result.ok ? [] : result.diagnostics.filter(({ code }) => code !== 'GT0013')
  if (only.length > 0) throw new Error(`check passes it, compile does not: ${only[0]?.summary ?? ''}`)
}

function judgeDiagnostic(folder: string, { code, summary, span, related = [] }: Diagnostic): void {
  if (!Object.hasOwn(codes, code)) throw new Error(`the code ${code} is in no table`)
  if (summary.trim() === '' || summary.includes('\n')) throw new Error(`a summary of ${code}: ${summary}`)
  if (!span) throw new Error(`${code} has no place: ${summary}`)
  for (const each of [span, ...related.map((other) => other.span)]) judgeSpan(folder, each)
}

function judgeSpan(folder: string, span: Span): void {
  const bytes = readFileSync(placeOfFile(folder, span.file))
  const lines = bytes.toString('utf8').split('\n').length
  const isInside =
    span.start >= 0 &&
    span.start <= span.end &&
    span.end <= bytes.length &&
    span.line >= 1 &&
    span.line <= span.endLine &&
    span.endLine <= lines
  if (!isInside) throw new Error(`a place outside of ${span.file}: ${JSON.stringify(span)}`)
}
