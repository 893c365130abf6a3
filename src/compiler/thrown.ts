// A program that ended before its end, as a diagnostic at its line of TypeScript. The place comes from the stack trace,
// through the source map; the calls that led there come from the numbers around them. Invariant: there is always a
// place, at worst that of the outermost call.

import { originalPositionFor, TraceMap } from '@jridgewell/trace-mapping'
import type { Diagnostic, Span } from '../model/index.ts'
import type { CheckedProgram, ProgramModule } from './checker.ts'
import { offsetAt } from './positions.ts'
import type { Failure, Limits } from './sandbox/job.ts'
import type { Places } from './sites.ts'
import { unknownPort, wouldBeText } from './words.ts'
import type { Words } from './words.ts'

/** Calls shown below an error, nearest first. */
const shownCalls = 4

export function describeFailure(
  failure: Failure,
  program: CheckedProgram,
  places: Places,
  limits: Limits & { readonly deadlineMs: number },
): Diagnostic {
  const frame = framesOf(failure.stack, program)[0]
  const words = wordsFor(failure, limits)
  const called = failure.calls.findLast((id) => places.call(id) !== undefined)
  const span =
    wordSpan(failure, frame, program, places) ??
    (called === undefined ? undefined : places.calleeSpan(called))
  const related = callChain(failure, span, places)
  return {
    severity: 'error',
    ...words,
    ...(span ? { span } : {}),
    ...(related.length > 0 ? { related } : {}),
    ...('stack' in failure && failure.stack !== '' && failure.kind === 'error'
      ? { original: `${failure.name}: ${failure.message}` }
      : {}),
  }
}

function wordsFor(failure: Failure, limits: Limits & { readonly deadlineMs: number }): Words {
  switch (failure.kind) {
    case 'mistake':
      return mistakeWords(failure.code, failure.data)
    case 'error':
      return {
        code: 'GT5001',
        summary: `the stack throws ${failure.name === 'Error' ? 'an error' : failure.name}: ${oneLine(failure.message)}`,
        label: 'thrown here',
      }
    case 'value':
      return { code: 'GT5001', summary: `the stack throws ${oneLine(failure.text)}`, label: 'thrown here' }
    case 'steps':
      return {
        code: 'GT5002',
        summary: 'the stack does not end',
        label: 'it was here when it was stopped',
        notes: [`stopped after ${(limits.steps * 10_000).toLocaleString('en')} steps (loops and calls)`],
      }
    case 'deadline':
      return {
        code: 'GT5003',
        summary: `the stack did not end within ${limits.deadlineMs / 1000} s`,
        ...(failure.stack === '' ? {} : { label: 'it was here when it was stopped' }),
      }
    case 'recursion':
      return {
        code: 'GT5004',
        summary: 'functions of the stack call each other without end',
        label: 'called too deep',
      }
    case 'memory':
      return {
        code: 'GT5005',
        summary: `the stack needs more than ${limits.memory / 1024 / 1024} MiB of memory`,
        label: 'it was here when the memory was used up',
      }
  }
}

function mistakeWords(code: string, data: Readonly<Record<string, string>>): Words {
  switch (code) {
    case 'GT1201': {
      const what = data['what'] ?? 'a handle'
      return wouldBeText({ what, isSecret: what.startsWith('secret ') })
    }
    case 'GT2001':
      return unknownPort(data['port'] ?? '', {
        service: data['service'] ?? '',
        ports: (data['ports'] ?? '').split('\n').filter((name) => name !== ''),
      })
    case 'GT2006':
      return {
        code: 'GT2006',
        summary: `${data['word'] ?? 'this'}() is called outside of the body of a stack`,
        label: 'nothing would come of it',
        fix: 'call it in the function that stack() is given, or in one that is called from there',
      }
    case 'GT2007':
      return { code: 'GT2007', summary: 'the body of a stack is a function', label: 'the third argument' }
    default:
      return {
        code: 'GT1010',
        summary: 'a stack cannot be async',
        notes: ['the body of a stack runs to its end at once; there is nothing in it to wait for'],
      }
  }
}

interface Frame {
  readonly path: string
  readonly offset: number
}

/** Places in the program's files, innermost first. */
function framesOf(stack: string, program: CheckedProgram): Frame[] {
  const maps = new Map<string, TraceMap | undefined>()
  return [...stack.matchAll(/\((?:\.\/)([^()\n]+):(\d+):(\d+)\)/g)]
    .slice(0, 50)
    .flatMap(([, path = '', line, column]) => {
      const module = program.modules.find((each) => each.path === path)
      const text = program.files.find((each) => each.path === path)?.text
      if (!module || text === undefined) return []
      if (!maps.has(path)) maps.set(path, mapOf(module))
      const map = maps.get(path)
      const original = map && originalPositionFor(map, { line: Number(line), column: Number(column) - 1 })
      if (!original || original.line === null) return []
      return [{ path, offset: offsetAt(text, original.line, original.column + 1) }]
    })
}

function mapOf({ map }: ProgramModule): TraceMap | undefined {
  return map === null ? undefined : new TraceMap(map)
}

/** What is marked: the statement that throws, the name that is used, or the word at the place. */
function wordSpan(
  failure: Failure,
  frame: Frame | undefined,
  program: CheckedProgram,
  places: Places,
): Span | undefined {
  if (!frame) return undefined
  const file = program.files.findIndex((each) => each.path === frame.path)
  const text = program.files[file]?.text ?? ''
  const lineStart = text.lastIndexOf('\n', frame.offset - 1) + 1
  const lineEnd = text.indexOf('\n', frame.offset) === -1 ? text.length : text.indexOf('\n', frame.offset)
  const line = text.slice(lineStart, lineEnd)
  const isThrown = failure.kind === 'error' || failure.kind === 'value'
  const statement = isThrown ? /\bthrow\b[^;]*/.exec(line) : null
  if (statement && statement.index <= frame.offset - lineStart)
    return places.span(file, [
      lineStart + statement.index,
      lineStart + statement.index + statement[0].trimEnd().length,
    ])
  if (failure.kind === 'mistake' && failure.code === 'GT2001') {
    const at = text.indexOf(failure.data['port'] ?? '', frame.offset)
    if (at !== -1 && at < lineEnd) return places.span(file, [at, at + (failure.data['port'] ?? '').length])
  }
  const word = /^[.\s]*([\w$]+)/.exec(text.slice(frame.offset, lineEnd))
  const start = frame.offset + (word ? word[0].length - (word[1]?.length ?? 0) : 0)
  return places.span(file, [start, start + Math.max(1, word?.[1]?.length ?? 1)])
}

/** The calls that were running, without the one that is marked itself. */
function callChain(
  failure: Failure,
  span: Span | undefined,
  places: Places,
): { span: Span; label: string }[] {
  const spans = failure.calls.flatMap((id) => {
    const site = places.call(id)
    const at = places.callSpan(id)
    return at && site && !(span && at.file === span.file && at.line === span.line)
      ? [{ span: at, label: 'called from here' }]
      : []
  })
  const distinct = spans.filter(
    (each, index) =>
      index ===
      spans.findLastIndex(
        (other) => other.span.file === each.span.file && other.span.start === each.span.start,
      ),
  )
  return distinct.reverse().slice(0, shownCalls)
}

function oneLine(text: string): string {
  const line = text.split('\n')[0] ?? ''
  return line.length > 300 ? `${line.slice(0, 300)}…` : line
}
