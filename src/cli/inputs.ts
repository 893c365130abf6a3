// Inputs of a stack as they are written on the command line: `--input name=value`, any number of times.

import { exitCodes, Fault } from '../model/index.ts'

/** Throws a Fault with exit 64 for one without `=` and for one given twice. */
export function parseInputs(written: readonly string[]): Record<string, string> {
  const inputs = new Map<string, string>()
  for (const text of written) {
    const at = text.indexOf('=')
    const name = text.slice(0, at)
    if (at < 1)
      throw new Fault({
        what: `--input ${text} is not of the form name=value`,
        fix: 'write for example --input stage=prod',
        exit: exitCodes.usage,
      })
    if (inputs.has(name))
      throw new Fault({
        what: `the input ${name} is given twice`,
        fix: 'give each input once',
        exit: exitCodes.usage,
      })
    inputs.set(name, text.slice(at + 1))
  }
  return Object.fromEntries(inputs)
}
