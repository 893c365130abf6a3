// What the references in an evaluated program lead to. Invariant: a reference comes from a handle, and a handle only
// exists after the call that made it, so every reference leads somewhere, and none leads forward.

import { assert } from '../../model/index.ts'
import { indexIn, isList, isObject, isReference, membersOf, textIn } from '../sandbox/opened.ts'
import type { Declared, Encoded, Evaluated, Made, Reference } from '../sandbox/opened.ts'

export class References {
  readonly #evaluated: Evaluated

  constructor(evaluated: Evaluated) {
    this.#evaluated = evaluated
  }

  /** The declaration behind a reference to a service, a job, a volume, a secret, its file, or a port and its halves. */
  declared(reference: Reference): Declared {
    const found = this.#evaluated.declared[indexIn(reference)]
    assert(found !== undefined, () => `a reference to declaration ${indexIn(reference)}, which is not there`)
    return found
  }

  made(reference: Reference): Made {
    const found = this.#evaluated.made[indexIn(reference)]
    assert(found !== undefined, () => `a reference to value ${indexIn(reference)}, which is not there`)
    return found
  }

  /** The name of the declaration behind a reference; empty when it has none that is a text (said where it is declared). */
  nameOf(reference: Reference): string {
    const { name } = this.declared(reference)
    return typeof name === 'string' ? name : ''
  }

  /** What the service behind a reference declares as its ports, by their names; not judged yet. */
  portsOf(reference: Reference): ReadonlyMap<string, Encoded> {
    const { options } = this.declared(reference)
    const ports = isObject(options) ? options['ports'] : undefined
    return new Map(isObject(ports) && !isReference(ports) ? membersOf(ports) : [])
  }
}

/** A value in words: `'abc'`, `3`, `secret 'token'`, `a list`. */
export function describeValue(value: Encoded, references: References): string {
  if (typeof value === 'string') return value.length > 40 ? `'${value.slice(0, 40)}…'` : `'${value}'`
  if (value === null || typeof value !== 'object') return String(value)
  if (isList(value)) return value.length === 0 ? 'an empty list' : 'a list'
  if (!isReference(value)) return 'an object'
  switch (value.$) {
    case 'unfit':
      return textIn(value, 'what')
    case 'service':
    case 'job':
    case 'cron':
    case 'secret':
    case 'volume':
    case 'config':
    case 'ingress':
      return `${value.$} '${references.nameOf(value)}'`
    case 'file':
      return `the path of the file of secret '${references.nameOf(value)}'`
    case 'port':
      return `the address of port '${textIn(value, 'name')}' of service '${references.nameOf(value)}'`
    case 'host':
    case 'number':
      return `the ${value.$} of port '${textIn(value, 'name')}' of service '${references.nameOf(value)}'`
    case 'env':
      return `the value of secret '${references.nameOf(value)}'`
    case 'output': {
      const { stack } = references.made(value).values
      return `output '${textIn(value, 'name')}' of stack '${typeof stack === 'string' ? stack : ''}'`
    }
    case 'text':
      return 'a text with references'
    case 'every':
      return 'a schedule'
    case 'scale':
      return 'a scaling policy'
    case 'listen':
      return 'a port'
    case 'build':
      return 'a build'
    case 'place':
      return 'a placement'
    case 'input':
      return 'an input, not its value'
    default:
      return `a ${value.$}`
  }
}
