// Small JSON files of gantry's own. Invariant: what is given fits the schema; a file that does not is a fault that names
// it and what is wrong, never a guess. It writes nothing.

import { readFile } from 'node:fs/promises'
import { z } from 'zod'
import { Fault, exitCodes, messageOf } from '../../model/index.ts'
import { codeOf } from './atomic.ts'

/** A file was read and is not what it must be. */
export class FileDamage extends Fault {}

/**
 * Null when there is no such file. A `Fault` when it cannot be read, a `FileDamage` when it is not what the schema says; `what` names the
 * kind of file in it ("the pid file").
 */
export async function readJson<Value>(
  path: string,
  schema: z.ZodType<Value>,
  what: string,
): Promise<Value | null> {
  const text = await readText(path, what)
  if (text === null) return null
  const damaged = (why: string) =>
    new FileDamage({
      what: `${what} ${path} is damaged`,
      why,
      fix: 'remove it, or put back a copy that is whole',
    })
  const value = parseJson(text)
  if (value === undefined) throw damaged('it is not JSON')
  const parsed = schema.safeParse(value)
  if (!parsed.success) throw damaged(z.prettifyError(parsed.error).replaceAll('\n', ' '))
  return parsed.data
}

async function readText(path: string, what: string): Promise<string | null> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return null
    throw new Fault(
      {
        what: `cannot read ${what} ${path}`,
        why: messageOf(error),
        ...(codeOf(error) === 'EACCES' ? { exit: exitCodes.rights } : {}),
      },
      { cause: error },
    )
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return undefined
  }
}
