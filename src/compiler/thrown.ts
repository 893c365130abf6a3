// A program that ended before its end, as a diagnostic at its line of TypeScript. The place comes from the stack trace,
// through the source map; the calls that led there come from the numbers around them. Invariant: there is always a
// place, at worst that of the outermost call, and it is in the stack's own files: what goes wrong inside of a component (a
// package, gantry/std) is shown at the stack's call of it, with the component's line as the second place.

import type { Diagnostic, Span } from '../model/index.ts'
import type { ReadProgram } from './checker.ts'
import { originalOffset } from './edits.ts'
import { componentOf } from './files.ts'
import { calleeText } from './lower/report.ts'
import { offsetAt } from './positions.ts'
import type { Failure, Limits } from './sandbox/job.ts'
import type { Places } from './sites.ts'
import { unknownField, unknownPort, wouldBeText } from './words.ts'
import type { Words } from './words.ts'

/** Calls shown below an error, nearest first. */
const shownCalls = 4

export function describeFailure(
  failure: Failure,
  program: ReadProgram,
  places: Places,
  limits: Limits & { readonly deadlineMs: number },
): Diagnostic {
  const { label, ...words } = wordsFor(failure, limits)
  const inner = placeOf(failure, program, places)
  const own = failure.calls.findLastIndex((id) => isOwn(places, id))
  const isInComponent = inner !== undefined && componentOf(inner.file) !== null && own !== -1
  const caller = isInComponent ? failure.calls[own] : undefined
  // Where the component looks at its options says nothing to who wrote them.
  const isOfCaller = caller !== undefined && words.code === 'GT1002'
  const span = caller === undefined ? inner : places.calleeSpan(caller)
  const second =
    caller === undefined || inner === undefined || isOfCaller
      ? []
      : [
          {
            span: inner,
            label: `inside of ${calleeText(places, caller)}${label === undefined ? '' : `: ${label}`}`,
          },
        ]
  const around = isInComponent ? failure.calls.slice(0, own) : failure.calls
  const related = [...second, ...callChain(around, span, places)]
  return {
    severity: 'error',
    ...words,
    ...(label === undefined || (isInComponent && !isOfCaller) ? {} : { label }),
    ...(span ? { span } : {}),
    ...(related.length > 0 ? { related } : {}),
    ...('stack' in failure && failure.stack !== '' && failure.kind === 'error' && !isOfCaller
      ? { original: `${failure.name}: ${failure.message}` }
      : {}),
  }
}

function wordsFor(failure: Failure, limits: Limits & { readonly deadlineMs: number }): Words {
  switch (failure.kind) {
    case 'mistake':
      return mistakeWords(failure.code, failure.data)
    case 'error':
      return (
        unknownOption(failure) ?? {
          code: 'GT5001',
          summary: `the stack throws ${failure.name === 'Error' ? 'an error' : failure.name}: ${oneLine(failure.message)}`,
          label: 'thrown here',
        }
      )
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

/** What components of gantry throw for an option that they do not have (stdlib/internal/options.ts). */
function unknownOption({ name, message }: Extract<Failure, { kind: 'error' }>): Words | undefined {
  if (name !== 'UnknownOption') return undefined
  const [component, within, option, known] = listIn(message)
  return typeof component === 'string' && isTexts(within) && typeof option === 'string' && isTexts(known)
    ? unknownField(`${component}()`, option, within, known)
    : undefined
}

/** A program may throw an error of that name too. */
function listIn(json: string): readonly unknown[] {
  try {
    const value: unknown = JSON.parse(json)
    return Array.isArray(value) ? value : []
  } catch {
    return []
  }
}

function isTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((each) => typeof each === 'string')
}

function mistakeWords(code: string, data: Readonly<Record<string, string>>): Words {
  switch (code) {
    case 'GT1201': {
      const what = data['what'] ?? 'a handle'
      return wouldBeText({ what, isSecret: /^(?:the value of )?secret /.test(what) })
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
    case 'GT0010':
      return {
        code: 'GT0010',
        summary: 'a stack is declared in the body of another one',
        fix: 'put it into a file of its own; its outputs are read with outputs()',
      }
    case 'GT5006':
      return {
        code: 'GT5006',
        summary: `the stack declares more than ${Number(data['limit']).toLocaleString('en')} things`,
        label: 'this is one too many',
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

const loopWord = /\b(?:while|for|do)\b/g
/** Characters in which a loop is looked for behind the place that a trace names. */
const loopReach = 300

interface Frame {
  readonly path: string
  readonly offset: number
}

/** Places in the program's files, innermost first. */
function framesOf(stack: string, program: ReadProgram): Frame[] {
  return [...stack.matchAll(/\((?:\.\/)([^()\n]+):(\d+):(\d+)\)/g)].flatMap(([, path = '', line, column]) => {
    const module = program.modules.find((each) => each.path === path)
    if (!module) return []
    return [
      { path, offset: originalOffset(module.pieces, offsetAt(module.code, Number(line), Number(column))) },
    ]
  })
}

/** Where it happened; where the last numbered call is, when that is not known; the stack itself as a last resort. */
function placeOf(failure: Failure, program: ReadProgram, places: Places): Span | undefined {
  const called = failure.calls.findLast((id) => places.call(id) !== undefined)
  const callee = called === undefined ? undefined : places.calleeSpan(called)
  const isDeclaration = failure.kind === 'mistake' && failure.code === 'GT2006'
  const isUncallable = failure.kind === 'error' && failure.message.endsWith(' is not a function')
  if ((isDeclaration || isUncallable) && callee) return callee
  const frame = framesOf(failure.stack, program)[0]
  const stack = program.calls.findIndex((each) => each.word === 'stack')
  return (frame && markAt(failure, frame, program, places)) ?? callee ?? places.calleeSpan(stack)
}

/** What is marked: the statement that throws, the loop that does not end, the name that is used or called. */
function markAt(failure: Failure, frame: Frame, program: ReadProgram, places: Places): Span {
  const file = program.files.findIndex((each) => each.path === frame.path)
  const text = program.files[file]?.text ?? ''
  const start = text.lastIndexOf('\n', frame.offset - 1) + 1
  const newline = text.indexOf('\n', frame.offset)
  const end = newline === -1 ? text.length : newline
  const mark = (from: number, length: number): Span => places.span(file, [from, from + Math.max(1, length)])
  const line = text.slice(start, end)
  const at = frame.offset - start

  const statement = /\bthrow\b[^;]*/.exec(line)
  if ((failure.kind === 'error' || failure.kind === 'value') && statement && statement.index <= at)
    return mark(start + statement.index, statement[0].trimEnd().length)
  if (failure.kind === 'steps' || failure.kind === 'deadline') {
    // The trace names what was last evaluated before the jump back; the loop itself is on this line or soon behind it.
    const before = [...line.matchAll(loopWord)].findLast((each) => each.index <= at)
    if (before) return mark(start + before.index, before[0].length)
    const behind = [...text.slice(frame.offset, frame.offset + loopReach).matchAll(loopWord)][0]
    if (behind) return mark(frame.offset + behind.index, behind[0].length)
  }
  const port = failure.kind === 'mistake' && failure.code === 'GT2001' ? failure.data['port'] : undefined
  const named = port === undefined ? -1 : line.indexOf(port, at)
  if (port !== undefined && named !== -1) return mark(start + named, port.length)
  // A call is at its parenthesis, or at the first of its arguments; what is called stands in front.
  const calledAt = /([\w$]+)\s*\($/.exec(line.slice(0, line[at] === '(' ? at + 1 : at))
  if (calledAt) return mark(start + calledAt.index, calledAt[1]?.length ?? 1)
  const word = /^[\s.[]*([\w$]+)/.exec(line.slice(at))
  const skipped = (word?.[0].length ?? 0) - (word?.[1]?.length ?? 0)
  return mark(frame.offset + skipped, word?.[1]?.length ?? 1)
}

/** The calls that were running, nearest first, without the one that is marked itself. */
function callChain(
  calls: readonly number[],
  span: Span | undefined,
  places: Places,
): { span: Span; label: string }[] {
  const spans = calls.flatMap((id) => {
    const site = places.call(id)
    const at = places.callSpan(id)
    return at && site && isOwn(places, id) && !(span && at.file === span.file && at.line === span.line)
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

function isOwn(places: Places, id: number): boolean {
  const site = places.call(id)
  return site !== undefined && places.componentOf(site.file) === null
}

function oneLine(text: string): string {
  const line = text.split('\n')[0] ?? ''
  return line.length > 300 ? `${line.slice(0, 300)}…` : line
}
