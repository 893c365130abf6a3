// Configs: those of the file, and single text files that a service mounts from the folder. Invariant: a config names a
// file that is there, or holds its content; a file that services mount twice is one config.

import * as code from './code.ts'
import type { Expr } from './code.ts'
import { gantryName, gantryNames } from './names.ts'
import { troubleWords } from './session.ts'
import type { Session } from './session.ts'
import type { Entry } from './tree.ts'
import { fieldOf, mapOf, piecesOf, placedText, plainOf } from './values.ts'

interface ConfigPlan {
  readonly name: string
  readonly identifier: string
  readonly source: Readonly<Record<string, Expr | undefined>>
  mode: string | undefined
  /** What stands in it, as far as it is known. */
  readonly text: string
}

export const configLimit = 512 * 1024

export class Configs {
  readonly #session: Session
  readonly #named = new Map<string, ConfigPlan>()
  readonly #files = new Map<string, ConfigPlan>()
  readonly #names = new Set<string>()

  constructor(session: Session, entries: readonly Entry[]) {
    this.#session = session
    const names = gantryNames(
      entries.map(({ key }) => key),
      'config',
    )
    for (const name of names.values()) this.#names.add(name)
    for (const entry of entries) {
      const name = names.get(entry.key) ?? entry.key
      if (name !== entry.key)
        session.ledger.changed(entry, `it is called '${name}': names have small letters, digits and '-'`)
      const read = this.#readSource(entry)
      if (read)
        this.#named.set(entry.key, {
          name,
          identifier: session.identifiers.take(name, 'config'),
          ...read,
          mode: undefined,
        })
    }
  }

  #readSource(entry: Entry): Pick<ConfigPlan, 'source' | 'text'> | undefined {
    const session = this.#session
    const node = mapOf(session, entry.value)
    const fileNode = fieldOf(node, 'file')
    const file = plainOf(session, fileNode)
    if (fileNode && file !== undefined) {
      const path = relativePath(file)
      const answer = session.files.read(path)
      if (answer.ok && answer.text.length <= configLimit)
        return { source: { file: code.string(shownPath(path)) }, text: answer.text }
      const why = answer.ok ? 'the file is larger than 512Ki' : troubleWords[answer.trouble]
      session.ledger.refused(
        fileNode,
        `it cannot be a config: ${why}`,
        'put a text file of at most 512Ki into the folder',
      )
      return undefined
    }
    const content = fieldOf(node, 'content')
    if (content) {
      const pieces = piecesOf(session, content)
      return (
        pieces && {
          source: { content: placedText(session, pieces, content) },
          text: content.kind === 'scalar' ? String(content.value) : '',
        }
      )
    }
    const variable = plainOf(session, fieldOf(node, 'environment'))
    if (variable !== undefined && /^[A-Za-z_][A-Za-z0-9_]*$/.test(variable))
      return {
        source: { content: placedText(session, [{ name: variable, operator: '', other: [] }], entry) },
        text: '',
      }
    if (variable !== undefined)
      session.ledger.refused(entry, `${JSON.stringify(variable)} is no name of a variable`)
    else session.ledger.refused(entry, 'a config has to have a file, content or environment')
    return undefined
  }

  has(key: string): boolean {
    return this.#named.has(key)
  }

  /** The handle; `mode` is that of this use, and the first one counts. Says whether it could be had. */
  use(
    key: string,
    mode?: string,
  ): { readonly handle: Expr; readonly isMode: boolean; readonly text: string } | undefined {
    const plan = this.#named.get(key)
    if (!plan) return undefined
    if (mode !== undefined) plan.mode ??= mode
    return {
      handle: code.name(plan.identifier),
      isMode: mode === undefined || plan.mode === mode,
      text: plan.text,
    }
  }

  /** A file of the folder. */
  file(path: string): Expr {
    const known = this.#files.get(path)
    if (known) return code.name(known.identifier)
    const base = path.split('/').at(-1) ?? path
    const name = gantryName(
      base.replace(/(?<=.)\.(?:conf|cfg|ya?ml|json|toml|ini|txt|cnf)$/, ''),
      'config',
      (each) => this.#names.has(each),
    )
    this.#names.add(name)
    const plan: ConfigPlan = {
      name,
      identifier: this.#session.identifiers.take(name, 'config'),
      source: { file: code.string(shownPath(path)) },
      mode: undefined,
      text: '',
    }
    this.#files.set(path, plan)
    return code.name(plan.identifier)
  }

  declarations(): { readonly identifier: string; readonly value: Expr }[] {
    return [...this.#named.values(), ...this.#files.values()].map(({ identifier, name, source, mode }) => ({
      identifier,
      value: code.call(
        'config',
        code.string(name),
        code.object({ ...source, mode: mode === undefined ? undefined : code.string(mode) }),
      ),
    }))
  }
}

/** Without `./` before it and without `.` and `..` inside where they can be resolved. */
export function relativePath(path: string): string {
  const parts: string[] = []
  for (const part of path.split('/')) {
    if (part === '' || part === '.') continue
    if (part === '..' && parts.length > 0 && parts.at(-1) !== '..') parts.pop()
    else parts.push(part)
  }
  return (path.startsWith('/') ? '/' : '') + parts.join('/')
}

function shownPath(path: string): string {
  return path.startsWith('/') ? path : `./${path}`
}
