// Volumes: what the file declares, and those that mounts bring along (folders of the host, memory, volumes without a
// name). Invariant: who may write a volume follows from everybody who mounts it, so it is settled once all are known; two
// mounts of one thing share one volume.

import { sizeOf } from './amounts.ts'
import * as code from './code.ts'
import type { Expr } from './code.ts'
import { gantryName, gantryNames } from './names.ts'
import type { Session } from './session.ts'
import type { Entry } from './tree.ts'
import { fieldOf, isNull, mapOf, pairsOf, plainOf } from './values.ts'
import { valueOfPieces } from './interpolation.ts'
import type { ServiceFacts } from './world.ts'

export interface VolumePlan {
  readonly name: string
  readonly identifier: string
  readonly kind: 'named' | 'memory' | 'bind' | 'own'
  readonly driver: Expr | undefined
  readonly size: Expr | undefined
  readonly uses: Use[]
}

interface Use {
  readonly service: ServiceFacts
  readonly isReadOnly: boolean
  /** There may be several tasks of it at a time. */
  readonly isMany: boolean
}

type Access = 'single-writer' | 'per-replica' | 'shared' | 'read-only'

export class Volumes {
  readonly #session: Session
  readonly #named = new Map<string, VolumePlan>()
  readonly #others = new Map<string, VolumePlan>()
  readonly #names = new Set<string>()

  constructor(session: Session, entries: readonly Entry[]) {
    this.#session = session
    const names = gantryNames(
      entries.map(({ key }) => key),
      'volume',
    )
    for (const name of names.values()) this.#names.add(name)
    for (const entry of entries)
      this.#named.set(entry.key, this.#declare(entry, names.get(entry.key) ?? entry.key))
  }

  #declare(entry: Entry, name: string): VolumePlan {
    const session = this.#session
    if (name !== entry.key)
      session.ledger.changed(entry, `it is called '${name}': names have small letters, digits and '-'`)
    const node = mapOf(session, entry.value)
    const external = fieldOf(node, 'external')
    if (external?.kind === 'scalar' && external.value === false)
      session.ledger.note(external, 'it is not external')
    const { driver, size } = readDriver(session, entry, plainOf(session, fieldOf(node, 'driver')))
    return {
      name,
      identifier: session.identifiers.take(name, 'volume'),
      kind: driver?.kind === 'string' ? 'memory' : 'named',
      driver,
      size,
      uses: [],
    }
  }

  named(key: string): VolumePlan | undefined {
    return this.#named.get(key)
  }

  get namedKeys(): readonly string[] {
    return [...this.#named.keys()]
  }

  /** A folder of the node; `written` is how the file calls it. */
  bind(path: string, written: string): VolumePlan {
    const last = written.split('/').filter((part) => !['', '.', '..'].includes(part))
    return this.#other(`bind ${path}`, last.slice(-2).join('-') || 'folder', 'bind', {
      driver: code.object({ bind: code.string(path) }),
    })
  }

  /** Memory, or a volume that has no name: each task has its own. */
  own(service: ServiceFacts, target: string, driver?: Expr, size?: Expr): VolumePlan {
    const last = target.split('/').filter((part) => part !== '')
    return this.#other(`own ${service.key} ${target}`, `${service.name}-${last.at(-1) ?? 'root'}`, 'own', {
      driver,
      size,
    })
  }

  #other(
    key: string,
    wanted: string,
    kind: 'bind' | 'own',
    made: { readonly driver?: Expr | undefined; readonly size?: Expr | undefined },
  ): VolumePlan {
    const known = this.#others.get(key)
    if (known) return known
    const name = gantryName(wanted, 'volume', (each) => this.#names.has(each))
    this.#names.add(name)
    const plan: VolumePlan = {
      name,
      identifier: this.#session.identifiers.take(name, 'volume'),
      kind,
      driver: made.driver,
      size: made.size,
      uses: [],
    }
    this.#others.set(key, plan)
    return plan
  }

  accessOf({ kind, uses }: VolumePlan): Access {
    const writers = uses.filter((each) => !each.isReadOnly)
    if (uses.length > 0 && writers.length === 0 && kind !== 'memory') return 'read-only'
    if (kind === 'bind') return 'shared'
    if (kind === 'memory') return 'per-replica'
    if (kind === 'own') return uses.some(({ service }) => service.isJob) ? 'single-writer' : 'per-replica'
    const services = new Set(writers.map(({ service }) => service))
    return services.size > 1 || writers.some(({ isMany }) => isMany) ? 'shared' : 'single-writer'
  }

  /** The volume where it is mounted. */
  handle(plan: VolumePlan, isReadOnly: boolean): Expr {
    const own = code.name(plan.identifier)
    return code.later(() =>
      isReadOnly && this.accessOf(plan) !== 'read-only'
        ? { kind: 'call', callee: code.member(own, 'readOnly'), args: [] }
        : own,
    )
  }

  declarations(): { readonly identifier: string; readonly value: Expr }[] {
    return [...this.#named.values(), ...this.#others.values()].map((plan) => {
      const access = this.accessOf(plan)
      const options = code.object({
        size: plan.size,
        access: access === 'single-writer' ? undefined : code.string(access),
        driver: plan.driver,
      })
      return {
        identifier: plan.identifier,
        value: code.callWith('volume', [code.string(plan.name)], options),
      }
    })
  }
}

/** `local` with options of mount(8) is NFS, a folder or memory; everything else is a plugin of the engine. */
function readDriver(
  session: Session,
  entry: Entry,
  driver: string | undefined,
): { driver: Expr | undefined; size: Expr | undefined } {
  const node = mapOf(session, entry.value)
  const optionsNode = fieldOf(node, 'driver_opts')
  const none = { driver: undefined, size: undefined }
  const options = new Map<string, string>()
  for (const { name, value, node: at } of pairsOf(session, optionsNode)) {
    const text = valueOfPieces(value ?? [], session.variables.values)
    if (text === undefined)
      session.ledger.refused(at, 'a variable without a default cannot be an option of a driver')
    else options.set(name, text)
    if ((value ?? []).some((piece) => typeof piece !== 'string') && text !== undefined)
      session.ledger.changed(at, `a variable cannot be an input here: it is ${JSON.stringify(text)} now`)
  }
  if (driver !== undefined && driver !== 'local' && driver !== 'default')
    return {
      driver: code.object({
        plugin: code.string(driver),
        options: code.unlessEmpty(
          code.record([...options].map(([key, value]) => ({ key, value: code.string(value) }))),
        ),
      }),
      size: undefined,
    }
  if (!optionsNode || isNull(optionsNode) || options.size === 0) return none
  return readLocal(session, entry, options) ?? none
}

function readLocal(
  session: Session,
  entry: Entry,
  options: ReadonlyMap<string, string>,
): { driver: Expr; size: Expr | undefined } | undefined {
  const at = fieldOf(mapOf(session, entry.value), 'driver_opts') ?? entry.value
  const type = options.get('type') ?? ''
  const device = options.get('device') ?? ''
  const mountOptions = (options.get('o') ?? '').split(',').filter((each) => each !== '')
  const rest = [...options.keys()].filter((key) => !['type', 'device', 'o'].includes(key))
  if (rest.length > 0) session.ledger.refused(at, `the driver local has no option ${rest.join(', ')}`)
  if (/^nfs4?$/.test(type)) {
    const address =
      mountOptions.find((each) => each.startsWith('addr='))?.slice(5) ?? device.split(':')[0] ?? ''
    const path = device.slice(device.indexOf(':') + 1)
    const others = mountOptions.filter((each) => !each.startsWith('addr='))
    if (type === 'nfs4') others.push('nfsvers=4')
    if (address !== '' && path.startsWith('/'))
      return {
        driver: code.object({
          nfs: code.string(address),
          path: code.string(path),
          options: others.length > 0 ? code.array(others.map(code.string)) : undefined,
        }),
        size: undefined,
      }
  }
  if (mountOptions.includes('bind') || mountOptions.includes('rbind')) {
    if (device.startsWith('/')) {
      session.ledger.changed(at, 'the folder has to be allowed by the operator of the node, and be there')
      return { driver: code.object({ bind: code.string(device) }), size: undefined }
    }
  }
  if (type === 'tmpfs') {
    session.ledger.changed(at, 'each task has memory of its own: two that mount it do not see the same')
    const size = mountOptions.find((each) => each.startsWith('size='))?.slice(5)
    const amount = size === undefined ? undefined : sizeOf(size)
    const others = mountOptions.filter((each) => !each.startsWith('size='))
    if (others.length > 0) session.ledger.refused(at, `a volume in memory has no option ${others.join(', ')}`)
    return { driver: code.string('tmpfs'), size: amount && code.string(amount.text) }
  }
  session.ledger.refused(
    at,
    'these options of the driver local are neither NFS nor a folder nor memory',
    'mount it on the nodes, and use the driver bind',
  )
  return undefined
}
