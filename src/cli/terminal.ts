// The terminal: where results and messages go, whether there is colour, how wide it is, and how a person is asked.
// Invariant: results go to stdout, everything else to stderr; colour only where somebody sees it. It knows no command.

import { createInterface } from 'node:readline/promises'
import pc from 'picocolors'
import { exitCodes, Fault } from '../model/index.ts'

export type ColorChoice = 'auto' | 'always' | 'never'
export type Colors = ReturnType<typeof pc.createColors>

export interface Terminal {
  /** Writes a result, with a line end. */
  out(text: string): void
  /** Writes a message for the person at the terminal, with a line end. */
  say(text: string): void
  /** Replaces what the last `draw` wrote while stderr is a terminal; elsewhere writes what is new. */
  draw(lines: readonly string[]): void
  /** Leaves what was drawn where it is. */
  endDrawing(): void
  /** Colours for stdout and for stderr. */
  readonly color: Colors
  readonly errColor: Colors
  readonly hasColor: boolean
  readonly hasErrColor: boolean
  /** Columns of stdout, 80 when it is no terminal. */
  readonly width: number
  /** Columns of what is drawn; unlimited where nothing is drawn over, so that each line stays one. */
  readonly drawWidth: number
  /** Whether results and messages stand under each other on one screen, so that nothing need be in both. */
  readonly isOneScreen: boolean
  /** Whether a person can be asked. */
  readonly isInteractive: boolean
  /** Asks for a `yes`. Throws a Fault with exit 64 when there is nobody to ask. */
  confirm(question: string, signal: AbortSignal): Promise<boolean>
}

export interface Streams {
  readonly stdin: NodeJS.ReadStream
  readonly stdout: NodeJS.WriteStream
  readonly stderr: NodeJS.WriteStream
}

type Env = Readonly<Record<string, string | undefined>>

/** Flag before NO_COLOR before FORCE_COLOR before what the stream is. */
export function wantsColor(choice: ColorChoice, env: Env, isTerminal: boolean): boolean {
  if (choice !== 'auto') return choice === 'always'
  const { FORCE_COLOR: force, NO_COLOR: no, TERM: term } = env
  if (no !== undefined && no !== '') return false
  if (force !== undefined && force !== '') return force !== '0' && force !== 'false'
  return isTerminal && term !== 'dumb'
}

export function createTerminal({ stdin, stdout, stderr }: Streams, env: Env, choice: ColorChoice): Terminal {
  const hasColor = wantsColor(choice, env, stdout.isTTY)
  const hasErrColor = wantsColor(choice, env, stderr.isTTY)
  const isQuiet = env['CI'] !== undefined && env['CI'] !== '' && env['CI'] !== 'false'
  const canRedraw = stderr.isTTY && !isQuiet && env['TERM'] !== 'dumb'
  const isInteractive = stdin.isTTY && stderr.isTTY && !isQuiet
  let drawn = 0
  let seen = new Set<string>()
  return {
    out: (text) => void stdout.write(`${text}\n`),
    say: (text) => void stderr.write(`${text}\n`),
    draw: (lines) => {
      if (canRedraw) {
        const clear = drawn > 0 ? `\u001b[${drawn}A\u001b[J` : ''
        // More lines than the screen has could not be drawn over again.
        const room = Math.max(2, stderr.rows - 1)
        const shown =
          lines.length <= room
            ? lines
            : [...lines.slice(0, room - 1), `  and ${lines.length - room + 1} lines more`]
        stderr.write(clear + shown.map((line) => `${line}\n`).join(''))
        drawn = shown.length
        return
      }
      for (const line of lines) if (!seen.has(line)) stderr.write(`${line}\n`)
      seen = new Set(lines)
    },
    endDrawing: () => {
      drawn = 0
      seen = new Set()
    },
    color: pc.createColors(hasColor),
    errColor: pc.createColors(hasErrColor),
    hasColor,
    hasErrColor,
    width: stdout.isTTY ? Math.max(40, stdout.columns) : 80,
    drawWidth: canRedraw ? Math.max(40, stderr.columns) : 100_000,
    isOneScreen: stdout.isTTY && stderr.isTTY,
    isInteractive,
    confirm: async (question, signal) => {
      if (!isInteractive)
        throw new Fault({
          what: 'this needs a yes, and there is no terminal to ask on',
          fix: 'say --yes to go ahead without being asked',
          exit: exitCodes.usage,
        })
      const asking = createInterface({ input: stdin, output: stderr })
      try {
        const answer = await asking.question(`${question} [y/N] `, { signal })
        return /^y(es)?$/i.test(answer.trim())
      } finally {
        asking.close()
      }
    },
  }
}

/** Text from outside as it may be shown: control characters, which could steer the terminal, are written out. */
export function printable(text: string): string {
  return text.replaceAll(
    /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g,
    (char) => (char === '\r' ? '' : `\\u${(char.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}`),
  )
}
