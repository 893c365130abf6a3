// Inputs of a stack as they are written on the command line: `--input name=value`, any number of times. A value that
// begins with `@` is the text of that file; `@@` stands for a real `@`.

import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { exitCodes, Fault, messageOf } from '../../model/index.ts'

/**
 * Values by name. Throws a Fault with exit 64 for one without `=` and for one given twice. `what` is the option as it
 * is called in messages.
 */
export function parseInputs(written: readonly string[], what = '--input', example = 'stage=prod') {
  const inputs = new Map<string, string>()
  for (const text of written) {
    const at = text.indexOf('=')
    const name = text.slice(0, at)
    if (at < 1)
      throw new Fault({
        what: `${what} ${text} is not of the form name=value`,
        fix: `write for example ${what} ${example}`,
        exit: exitCodes.usage,
      })
    if (inputs.has(name))
      throw new Fault({
        what: `${what} gives ${name} twice`,
        fix: 'give each once',
        exit: exitCodes.usage,
      })
    inputs.set(name, text.slice(at + 1))
  }
  return Object.fromEntries(inputs)
}

/** Replaces values of the form `@file`, relative to `cwd`. Throws a Fault for a file that is no UTF-8 text. */
export function readFiles(values: Readonly<Record<string, string>>, cwd: string): Record<string, string> {
  return Object.fromEntries(
    Object.entries(values).map(([name, value]): [string, string] => {
      if (value.startsWith('@@')) return [name, value.slice(1)]
      return [name, value.startsWith('@') ? readText(name, value.slice(1), cwd) : value]
    }),
  )
}

const limitBytes = 1024 * 1024

/** Without the line end that editors put at the end. */
function readText(name: string, file: string, cwd: string): string {
  const refuse = (why: string): Fault =>
    new Fault({
      what: `cannot read the input ${name} from ${file === '' ? 'a file without a name' : file}`,
      why,
      fix: `name a file, or write @@ for a value that begins with @`,
      exit: exitCodes.usage,
    })
  let bytes: Buffer
  try {
    bytes = readFileSync(resolve(cwd, file))
  } catch (error) {
    throw refuse(
      error instanceof Error && 'code' in error && error.code === 'ENOENT'
        ? 'no such file'
        : messageOf(error),
    )
  }
  if (bytes.length > limitBytes) throw refuse('it is larger than 1 MiB')
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes).replace(/\r?\n$/, '')
  } catch {
    throw refuse('it is not UTF-8 text')
  }
}
