// Which value each input of a stack has, and who gave it: --input before --inputs-file before the environment before
// the default. Invariant: the value of a secret input goes to the cluster's secrets and never into the compiler, so that
// it is in no document, plan, cache or message.

import type { StackFile } from '../../compiler/index.ts'
import { exitCodes, Fault, nearest } from '../../model/index.ts'
import type { Context } from '../context.ts'
import { readInputsFile } from './file.ts'
import { parseInputs, readFiles } from './written.ts'

export interface InputArgs {
  readonly input: readonly string[]
  readonly inputsFile: string | undefined
}

export interface ResolvedInputs {
  /** For the compiler, as text. */
  readonly values: Readonly<Record<string, string>>
  /** Values of secret inputs, by the input's name. */
  readonly secrets: ReadonlyMap<string, string>
  /** Who gave each value: `--input`, `prod.yaml`, `$SHOP_DOMAIN`. */
  readonly origins: Readonly<Record<string, string>>
}

/** What is needed to know of a declared input. */
interface Declared {
  readonly name: string
  readonly type: string
  readonly env?: string | undefined
}

/** Throws a Fault with exit 64 for inputs that cannot be read, and for names in the file that the stack does not know. */
export async function resolveInputs(
  context: Context,
  stack: StackFile,
  args: InputArgs,
): Promise<ResolvedInputs> {
  const written = readFiles(parseInputs(args.input), context.cwd)
  const inFile = args.inputsFile === undefined ? {} : await readInputsFile(args.inputsFile, context.cwd)
  const declared = await stack.declaredInputs()
  // It does not compile, whatever is given; a value of which nobody knows whether it is secret stays here.
  if (!declared) return { values: {}, secrets: new Map(), origins: {} }
  refuseUnknown(inFile, declared, args.inputsFile ?? '')
  noteUnused(context, declared)
  return chooseValues(declared, { written, inFile, fileName: args.inputsFile ?? '', env: context.env })
}

export interface Given {
  readonly written: Readonly<Record<string, string>>
  readonly inFile: Readonly<Record<string, string>>
  readonly fileName: string
  readonly env: Readonly<Record<string, string | undefined>>
}

export function chooseValues(declared: readonly Declared[], given: Given): ResolvedInputs {
  const values = new Map<string, string>()
  const secrets = new Map<string, string>()
  const origins = new Map<string, string>()
  for (const input of declared) {
    const found = valueOf(input, given)
    if (!found) continue
    if (input.type === 'secret') secrets.set(input.name, found.value)
    else values.set(input.name, found.value)
    origins.set(input.name, found.origin)
  }
  // The compiler says that there is no such input; the value, which may be a secret under a wrong name, is not its business.
  for (const name of Object.keys(given.written))
    if (!declared.some((each) => each.name === name)) values.set(name, '')
  return { values: Object.fromEntries(values), secrets, origins: Object.fromEntries(origins) }
}

function valueOf({ name, env }: Declared, given: Given): { value: string; origin: string } | undefined {
  const { written, inFile, fileName } = given
  if (Object.hasOwn(written, name)) return { value: written[name] ?? '', origin: '--input' }
  for (const alias of [name, variableName(name)])
    if (Object.hasOwn(inFile, alias)) return { value: inFile[alias] ?? '', origin: fileName }
  for (const variable of [env, `${prefix}${variableName(name)}`, `${prefix}${name}`]) {
    const value = variable === undefined ? undefined : given.env[variable]
    if (value !== undefined) return { value, origin: `$${variable ?? ''}` }
  }
  return undefined
}

const prefix = 'GANTRY_INPUT_'

/** `dbPassword` and `db-password` are `DB_PASSWORD` in the environment. */
export function variableName(name: string): string {
  return name
    .replaceAll(/([a-z0-9])([A-Z])/g, '$1_$2')
    .replaceAll('-', '_')
    .toUpperCase()
}

function refuseUnknown(
  inFile: Readonly<Record<string, string>>,
  declared: readonly Declared[],
  file: string,
): void {
  const names = declared.map((each) => each.name)
  const unknown = Object.keys(inFile).filter(
    (given) => !names.some((name) => given === name || given === variableName(name)),
  )
  const [first] = unknown
  if (first === undefined) return
  const guess = nearest(first, names)
  throw new Fault({
    what: `${file} gives ${unknown.join(', ')}, which the stack does not have as ${unknown.length === 1 ? 'an input' : 'inputs'}`,
    why: names.length === 0 ? 'it has no inputs' : `its inputs are ${names.join(', ')}`,
    fix: guess === undefined ? 'take it out' : `did you mean ${guess}?`,
    exit: exitCodes.usage,
  })
}

/** A variable may be meant for another stack; but when it looks like a slip, it is said. */
function noteUnused({ env, terminal }: Context, declared: readonly Declared[]): void {
  const known = declared.flatMap(({ name }) => [variableName(name), name])
  for (const variable of Object.keys(env).sort()) {
    if (!variable.startsWith(prefix)) continue
    const name = variable.slice(prefix.length)
    const guess = known.includes(name) ? undefined : nearest(name, known)
    if (guess !== undefined)
      terminal.say(`note: ${variable} gives no input of this stack; did you mean ${prefix}${guess}?`)
  }
}
