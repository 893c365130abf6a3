// Values of secret inputs on their way to the cluster. Invariant: a value goes from where it was given to the cluster's
// secrets (as `gantry secret set` sends it) and nowhere else; a plan knows that there is one, not what it is.

import { Buffer } from 'node:buffer'
import { setSecret } from '../../control/index.ts'
import { exitCodes, Fault, secretAddress, stateFromSnapshot } from '../../model/index.ts'
import type { Instant, StackDocument, StateSnapshot } from '../../model/index.ts'
import type { Client } from '../client.ts'
import type { ResolvedInputs } from './resolve.ts'

export interface GivenSecret {
  /** Of the secret in the stack. */
  readonly name: string
  readonly input: string
  readonly value: string
  /** `--input`, a file, a variable. */
  readonly origin: string
}

const limitBytes = 64 * 1024

/** In the order of their names. Throws a Fault with exit 64 for a value that no secret can have. */
export function givenSecrets({ secrets }: StackDocument, inputs: ResolvedInputs): GivenSecret[] {
  return Object.entries(secrets)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([name, { input }]) => {
      const value = input === undefined ? undefined : inputs.secrets.get(input)
      if (input === undefined || value === undefined) return []
      const origin = inputs.origins[input] ?? ''
      if (value === '' || Buffer.byteLength(value) > limitBytes)
        throw new Fault({
          what: `the value of ${input}, given by ${origin}, ${value === '' ? 'is empty' : 'is too large'}`,
          fix: 'a secret has 1 to 65536 bytes',
          exit: exitCodes.usage,
        })
      return [{ name, input, value, origin }]
    })
}

/** The state as it will be once the values are set; what stands for a value is nothing. */
export function withGiven(
  snapshot: StateSnapshot,
  stack: string,
  given: readonly GivenSecret[],
  now: Instant,
): StateSnapshot {
  if (given.length === 0) return snapshot
  const state = stateFromSnapshot(snapshot)
  const changes = given.flatMap(
    ({ name }) =>
      setSecret(state, { stack, name, value: { dataKey: '', ciphertext: '' }, by: 'plan' }, now).changes,
  )
  const replaced = new Set(changes.map(({ key }) => key))
  return {
    ...snapshot,
    rows: [...snapshot.rows.filter((row) => row.table !== 'secrets' || !replaced.has(row.key)), ...changes],
  }
}

/** By the addresses of the secrets: who gives them their values. */
export function originsOf(stack: string, given: readonly GivenSecret[]): ReadonlyMap<string, string> {
  return new Map(given.map(({ name, origin }) => [secretAddress(stack, name), origin]))
}

export interface DueSecrets {
  /** Set before the commit. */
  readonly given: readonly GivenSecret[]
  /** A line each on what happens to the values, for a person. */
  readonly lines: readonly string[]
}

/**
 * A value of `--input` is always set. One that lies in a file or in the environment, and so is there at each apply, is
 * set when the secret has none: nobody can compare it with what is sealed, and a new version each time is a change.
 */
export function dueSecrets(
  snapshot: StateSnapshot,
  stack: string,
  values: readonly GivenSecret[],
): DueSecrets {
  const { secrets } = stateFromSnapshot(snapshot)
  const given: GivenSecret[] = []
  const lines = values.map((value) => {
    const { name, input, origin } = value
    const version = secrets.get(secretAddress(stack, name))?.versions.at(-1)?.version ?? 0
    if (version > 0 && origin !== '--input')
      return `secret ${stack}/${name} keeps version ${version}; --input ${input}=… sets another, ${origin} only a first one`
    given.push(value)
    return `secret ${stack}/${name}: the value that ${origin} gives becomes version ${version + 1} with the apply`
  })
  return { given, lines }
}

/** One line each of what was done. */
export async function setGiven(
  client: Pick<Client, 'setSecret'>,
  stack: string,
  given: readonly GivenSecret[],
): Promise<string[]> {
  const lines: string[] = []
  for (const { name, value } of given) {
    const version = await client.setSecret({ stack, name, value: Buffer.from(value).toString('base64') })
    lines.push(`secret ${stack}/${name} is at version ${version}`)
  }
  return lines
}
