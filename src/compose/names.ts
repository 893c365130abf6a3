// Names: those of Compose become gantry names and identifiers of TypeScript. Invariant: two things of one kind never
// get one name, a name that gantry takes is kept as it is, and no identifier hides a word of the language or of the DSL.

import { isName } from '../model/index.ts'

/** What the imports and JavaScript have taken. */
const taken: readonly string[] = [
  'ack build config cron every gate grpc http ingress input job outputs place route scale secret service stack tcp text udp volume',
  'abstract any arguments as async await boolean break case catch class const continue debugger declare default delete do else',
  'enum eval export extends false finally for from function get if implements import in infer instanceof interface is keyof let',
  'namespace never new null number object of package private protected public readonly return set static string super switch',
  'symbol this throw true try type typeof undefined unique unknown var void while with yield constructor',
  'Array Boolean Error Infinity JSON Map Math NaN Number Object Promise Proxy Reflect RegExp Set String Symbol globalThis inputs',
].flatMap((line) => line.split(' '))

/** A name that gantry takes, as near to `text` as can be; `isUsed` says what is taken. */
export function gantryName(text: string, prefix: string, isUsed: (name: string) => boolean): string {
  const plain = text
    .normalize('NFKD')
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-+|-+$/g, '')
  const whole = /^[a-z]/.test(plain) ? plain : plain === '' ? prefix : `${prefix}-${plain}`
  for (let count = 1; ; count += 1) {
    const end = count === 1 ? '' : `-${count}`
    const name = whole.slice(0, 40 - end.length).replace(/-+$/, '') + end
    if (isName(name) && !isUsed(name)) return name
  }
}

/** Gantry names for keys of one kind: those that can stay do, whatever comes before them. */
export function gantryNames(keys: readonly string[], prefix: string): ReadonlyMap<string, string> {
  const names = new Map<string, string>()
  for (const key of keys) if (isName(key)) names.set(key, key)
  const used = new Set(names.values())
  for (const key of keys) {
    if (names.has(key)) continue
    const made = gantryName(key, prefix, (each) => used.has(each))
    used.add(made)
    names.set(key, made)
  }
  return names
}

function camelCase(text: string): string {
  const words = text
    .replaceAll(/([a-z0-9])([A-Z])/g, '$1 $2')
    .split(/[^A-Za-z0-9]+/)
    .filter((word) => word !== '')
  const joined = words
    .map((word, index) => {
      const lower = word.toLowerCase()
      return index === 0 ? lower : lower.charAt(0).toUpperCase() + lower.slice(1)
    })
    .join('')
  return /^[a-z]/.test(joined) ? joined : `v${joined.charAt(0).toUpperCase()}${joined.slice(1)}`
}

/** Identifiers of one file. */
export class Identifiers {
  readonly #used = new Set(taken)

  /** The identifier for a thing; `kind` is put behind it when its name is taken. */
  take(text: string, kind: string): string {
    const plain = camelCase(text).slice(0, 60)
    const named = `${plain}${kind.charAt(0).toUpperCase()}${kind.slice(1)}`
    for (let count = 0; ; count += 1) {
      const name = count === 0 ? plain : count === 1 ? named : `${named}${count}`
      if (this.#used.has(name)) continue
      this.#used.add(name)
      return name
    }
  }
}
