// Secrets: declarations, their handles and the names of their files. Invariant: no value of a secret is ever read: a
// file is named, a variable becomes an input that gives a handle.

import * as code from './code.ts'
import type { Expr } from './code.ts'
import { gantryNames } from './names.ts'
import type { Session } from './session.ts'
import type { Entry, MapNode } from './tree.ts'
import { fieldOf, mapOf, plainOf } from './values.ts'

interface SecretFacts {
  readonly key: string
  readonly name: string
  readonly identifier: string
  /** Where it is given as an input: the variable. */
  readonly variable: string | undefined
}

export class Secrets {
  readonly #secrets: ReadonlyMap<string, SecretFacts>

  constructor(session: Session, entries: readonly Entry[]) {
    const names = gantryNames(
      entries.map(({ key }) => key),
      'secret',
    )
    this.#secrets = new Map(
      entries.map((entry) => [entry.key, readSecret(session, entry, names.get(entry.key) ?? entry.key)]),
    )
  }

  has(key: string): boolean {
    return this.#secrets.has(key)
  }

  handle(key: string): Expr {
    return code.name(this.#secrets.get(key)?.identifier ?? key)
  }

  /** Path of the file. */
  pathOf(key: string): string {
    return `/run/secrets/${this.#secrets.get(key)?.name ?? key}`
  }

  nameOf(key: string): string {
    return this.#secrets.get(key)?.name ?? key
  }

  declarations(): { readonly identifier: string; readonly value: Expr }[] {
    return [...this.#secrets.values()].flatMap(({ identifier, name, variable }) =>
      variable === undefined ? [{ identifier, value: code.call('secret', code.string(name)) }] : [],
    )
  }

  inputs(): code.Field[] {
    return [...this.#secrets.values()].flatMap(({ identifier, variable }) =>
      variable === undefined
        ? []
        : [
            {
              key: identifier,
              value: code.call('input.secret', code.object({ env: code.string(variable) })),
            },
          ],
    )
  }
}

function readSecret(session: Session, entry: Entry, name: string): SecretFacts {
  const { ledger } = session
  const node: MapNode | undefined = mapOf(session, entry.value)
  const identifier = session.identifiers.take(name, 'secret')
  const variable = plainOf(session, fieldOf(node, 'environment'))
  if (name !== entry.key)
    ledger.changed(entry, `it is called '${name}': names have small letters, digits and '-'`)
  const file = plainOf(session, fieldOf(node, 'file'))
  if (file !== undefined)
    ledger.changed(
      fieldOf(node, 'file') ?? entry,
      'the file is not read',
      `set the value from it: gantry secret set ${session.stack}/${name}`,
    )
  if (variable !== undefined && /^[A-Za-z_][A-Za-z0-9_]*$/.test(variable))
    // A secret from an input is called as its identifier is, with '-' before capitals.
    return { key: entry.key, name: dashed(identifier), identifier, variable }
  return { key: entry.key, name, identifier, variable: undefined }
}

function dashed(identifier: string): string {
  return identifier.replaceAll(/[A-Z]/g, (capital) => `-${capital.toLowerCase()}`)
}
