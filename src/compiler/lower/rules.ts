// Rules that concern more than one declaration. Invariant: each looks at the whole stack and names both sides.

import { isName, nameRule } from '../../model/index.ts'
import type { StackDocument, TaskTemplate } from '../../model/index.ts'
import type { Declared } from '../sandbox/opened.ts'
import type { Scope } from './scope.ts'
import type { Where } from './report.ts'

/** Where each declaration of the document comes from. */
export type Declarations = ReadonlyMap<string, Declared>

/** `services/api`, `volumes/data`: services and jobs share their names, because both are addresses and host names. */
export function spaceOf(kind: Declared['kind']): string {
  return kind === 'volume' || kind === 'secret' ? kind : 'service or job'
}

/** Whether the declaration has a name, and one that nothing else of its kind has. */
export function checkName(scope: Scope, declared: Declared, earlier: Map<string, Declared>): boolean {
  const { kind, name, calls } = declared
  const where: Where = { calls, path: ['0'] }
  if (typeof name !== 'string') {
    scope.report.refuse(where, {
      code: 'GT1004',
      summary: `a ${kind} takes a name`,
      label: 'this is not a string',
    })
    return false
  }
  if (!isName(name)) {
    const better = toName(name)
    scope.report.refuse(where, {
      code: 'GT2004',
      summary: `'${name}' cannot be the name of a ${kind}`,
      ...(better === undefined ? {} : { label: `write '${better}'` }),
      notes: [`a name is ${nameRule}`],
    })
    return false
  }
  const key = `${spaceOf(kind)}:${name}`
  const first = earlier.get(key)
  if (!first) {
    earlier.set(key, declared)
    return true
  }
  const span = scope.report.spanOf({ calls: first.calls, path: ['0'] })
  const isSameCall = first.calls.at(-1) === calls.at(-1)
  const both =
    first.kind === kind
      ? `two ${kind === 'secret' ? 'secrets' : `${kind}s`}`
      : `a ${first.kind} and a ${kind}`
  scope.report.refuse(where, {
    code: 'GT2003',
    summary: `there are ${both} named '${name}'`,
    label: isSameCall ? 'declared again by the same call' : 'declared again',
    ...(span && !isSameCall ? { related: [{ span, label: 'declared first here' }] } : {}),
    ...(first.kind === kind
      ? {}
      : { notes: ['services and jobs share their names: both are addresses in the stack'] }),
  })
  return false
}

/** The name that was probably meant: `Web_Front` → `web-front`. */
export function toName(text: string): string | undefined {
  const better = text
    .replaceAll(/([a-z])([A-Z])/g, '$1-$2')
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^[-0-9]+|-+$/g, '')
  return isName(better) && better !== text ? better : undefined
}

/** No two ports of the stack are published as the same port of the hosts. */
export function checkPublished(scope: Scope, document: StackDocument, declarations: Declarations): void {
  const taken = new Map<number, { readonly name: string; readonly port: string; readonly where: Where }>()
  for (const [name, { template }] of Object.entries(document.services))
    for (const [port, { published }] of Object.entries(template.ports)) {
      const declared = declarations.get(`services/${name}`)
      if (published === undefined || !declared) continue
      const where: Where = { calls: declared.calls, path: ['1', 'ports', port] }
      const other = taken.get(published)
      if (!other) {
        taken.set(published, { name, port, where })
        continue
      }
      const span = scope.report.spanOf(other.where)
      scope.report.refuse(where, {
        code: 'GT2101',
        summary: `port ${published} is published twice: by '${other.name}' and by '${name}'`,
        ...(span ? { related: [{ span, label: 'published first here' }] } : {}),
      })
    }
}

/** A volume that one task at a time may write is written by one service or job. */
export function checkWriters(scope: Scope, document: StackDocument, declarations: Declarations): void {
  const writers = new Map<string, { readonly name: string; readonly where: Where }>()
  for (const kind of ['services', 'jobs'] as const)
    for (const [name, { template }] of Object.entries<{ readonly template: TaskTemplate }>(document[kind]))
      for (const [path, mount] of Object.entries(template.mounts)) {
        const declared = declarations.get(`${kind}/${name}`)
        if (!declared || mount.readOnly || document.volumes[mount.volume]?.access !== 'single-writer')
          continue
        const where: Where = { calls: declared.calls, path: ['1', 'mounts', path] }
        const other = writers.get(mount.volume)
        if (!other) {
          writers.set(mount.volume, { name, where })
          continue
        }
        if (other.name === name) continue
        const span = scope.report.spanOf(other.where)
        scope.report.refuse(where, {
          code: 'GT2105',
          summary: `'${other.name}' and '${name}' both write the 'single-writer' volume '${mount.volume}'`,
          ...(span ? { related: [{ span, label: 'written here too' }] } : {}),
          fix: "access: 'shared' on the volume, or mount it with .readOnly() where it is only read",
        })
      }
}
