// Where gantry's own words are: the declarations that programs are checked against, and the modules that run in the
// sandbox. Invariant: they come from this gantry, never from what stands in the program's node_modules. From source they
// are TypeScript; from a build they are what it was compiled to.

import { readdirSync, readFileSync, statSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** True when gantry runs from its source, without a build. */
export const isFromSource = import.meta.url.endsWith('.ts')

const folder = new URL('../dsl/', import.meta.url)

/** Where `gantry/std/…` is: TypeScript also in a build, because stacks are compiled from it. */
export const componentsFolder = fileURLToPath(
  new URL(isFromSource ? '../../stdlib/' : '../../../stdlib/', import.meta.url),
)

/** What `import … from 'gantry'` means to the type checker. */
export function readDeclarations(): string {
  return readFileSync(new URL(isFromSource ? 'index.ts' : 'index.d.ts', folder), 'utf8')
}

/** Files of the sandbox's side, by the name they are imported by within it (`./calls`); TypeScript when from source. */
export function readSandboxModules(): Map<string, string> {
  const extension = isFromSource ? '.ts' : '.js'
  const names = ['index', 'declare', 'encode', 'handle', 'calls', 'mistake', 'sandbox']
  return new Map(names.map((name) => [name, readFileSync(new URL(name + extension, folder), 'utf8')]))
}

/**
 * Tells one state of gantry's own code from another, beyond its version: a cache made by an older one is not used while
 * gantry itself is worked on.
 */
export function ownIdentity(): string {
  const stamps: string[] = []
  const visit = (at: URL): void => {
    for (const entry of readdirSync(at, { withFileTypes: true }))
      if (entry.isDirectory()) visit(new URL(`${entry.name}/`, at))
      else if (entry.name.endsWith(isFromSource ? '.ts' : '.js')) {
        const { mtimeMs, size } = statSync(new URL(entry.name, at))
        stamps.push(`${entry.name}:${mtimeMs}:${size}`)
      }
  }
  for (const part of ['../dsl/', '../compiler/']) visit(new URL(part, import.meta.url))
  return stamps.sort().join(' ')
}
