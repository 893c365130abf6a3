// What a service mounts: volumes, folders and files of the host, memory, configs and secrets. Invariant: each path is
// mounted once, the last wins as in Compose; what is refused mounts nothing.

import { posix } from 'node:path'
import { sizeOf } from './amounts.ts'
import * as code from './code.ts'
import type { Expr } from './code.ts'
import { configLimit, relativePath } from './configs.ts'
import type { Configs } from './configs.ts'
import type { Secrets } from './secrets.ts'
import type { Session } from './session.ts'
import type { MapNode, Node } from './tree.ts'
import { fieldOf, itemsOf, plainOf, truthOf, wordOf } from './values.ts'
import type { VolumePlan, Volumes } from './volumes.ts'
import type { ServiceFacts } from './world.ts'

export interface Mounted {
  readonly volumes: Map<string, { readonly plan: VolumePlan; readonly isReadOnly: boolean }>
  readonly configs: Map<string, Expr>
  /** What stands in its configs. */
  readonly texts: { readonly text: string; readonly node: Node }[]
}

interface Stores {
  readonly session: Session
  readonly volumes: Volumes
  readonly configs: Configs
}

interface Spec {
  readonly source: string | undefined
  readonly target: string
  readonly isReadOnly: boolean
}

export function readMounts(stores: Stores, facts: ServiceFacts): Mounted {
  const { session } = stores
  const mounted: Mounted = { volumes: new Map(), configs: new Map(), texts: [] }
  for (const item of itemsOf(session, fieldOf(facts.node, 'volumes')))
    if (item.kind === 'map') readLong(stores, facts, item, mounted)
    else readShort(stores, facts, item, mounted)
  for (const item of itemsOf(session, fieldOf(facts.node, 'tmpfs'), true)) {
    const text = plainOf(session, item)
    if (text === undefined) continue
    const at = text.indexOf(':')
    const options = at < 0 ? [] : text.slice(at + 1).split(',')
    mountMemory(stores, facts, item, at < 0 ? text : text.slice(0, at), options, mounted)
  }
  for (const item of itemsOf(session, fieldOf(facts.node, 'configs'))) readConfig(stores, item, mounted)
  return mounted
}

function readShort(stores: Stores, facts: ServiceFacts, node: Node, mounted: Mounted): void {
  const { session } = stores
  const text = plainOf(session, node)
  if (text === undefined) return
  if (/^[A-Za-z]:[\\/]|\\/.test(text)) {
    session.ledger.refused(node, 'paths of Windows are on no node', 'write a path of Linux')
    return
  }
  const parts = text.split(':')
  const [first = '', second, third] = parts
  if (parts.length > 3 || first === '' || second === '') {
    session.ledger.refused(node, `${JSON.stringify(text)} is not [SOURCE:]TARGET[:MODE]`)
    return
  }
  const spec: Spec =
    second === undefined
      ? { source: undefined, target: first, isReadOnly: false }
      : {
          source: first,
          target: second,
          isReadOnly: readModes(session, node, third ?? '', /^[./~]/.test(first)),
        }
  mount(stores, facts, node, spec, mounted)
}

function readModes(session: Session, node: Node, text: string, isBind: boolean): boolean {
  let isReadOnly = false
  for (const mode of text.split(',').filter((each) => each !== ''))
    switch (mode) {
      case 'ro':
        isReadOnly = true
        break
      case 'rw':
        break
      case 'cached':
      case 'delegated':
      case 'consistent':
        session.ledger.changed(node, `'${mode}' has an effect on Docker Desktop alone`)
        break
      case 'z':
      case 'Z':
        if (isBind)
          session.ledger.refused(
            node,
            'gantry does not relabel folders for SELinux',
            'label them on the node',
          )
        else session.ledger.note(node, `'${mode}' means nothing to a volume of gantry's own`)
        break
      case 'nocopy':
        session.ledger.refused(node, 'a new volume begins with what the image has at its path')
        break
      default:
        session.ledger.refused(node, `a mount has no option '${mode}' here`)
    }
  return isReadOnly
}

function mount(stores: Stores, facts: ServiceFacts, node: Node, spec: Spec, mounted: Mounted): void {
  const { session, volumes } = stores
  const target = targetOf(session, node, spec.target)
  if (target === undefined) return
  const { source, isReadOnly } = spec
  if (source === undefined) {
    session.ledger.changed(node, 'a volume without a name has one now, and each task keeps its own')
    mounted.volumes.set(target, { plan: volumes.own(facts, target), isReadOnly })
  } else if (/^[./~]/.test(source)) mountFromHost(stores, node, { source, target, isReadOnly }, mounted)
  else {
    const plan = volumes.named(source)
    if (plan) mounted.volumes.set(target, { plan, isReadOnly })
    else
      session.ledger.refused(node, `there is no volume '${source}' in this file`, 'declare it under volumes')
  }
}

function targetOf(session: Session, node: Node, text: string): string | undefined {
  if (!text.startsWith('/')) {
    session.ledger.refused(node, `the path ${JSON.stringify(text)} to mount at is not absolute`)
    return undefined
  }
  const clean = posix.normalize(text).replace(/(?<=.)\/$/, '')
  if (clean !== '/' && clean !== '/run/secrets' && !clean.startsWith('/run/secrets/')) return clean
  session.ledger.refused(node, `nothing can be mounted at ${JSON.stringify(clean)}`)
  return undefined
}

function mountFromHost(
  { session, volumes, configs }: Stores,
  node: Node,
  { source, target, isReadOnly }: Spec & { readonly source: string },
  mounted: Mounted,
): void {
  if (source.startsWith('~')) {
    session.ledger.refused(node, 'the home of a person is on no node', 'write an absolute path')
    return
  }
  if (!source.startsWith('/')) {
    const path = relativePath(source)
    const answer = session.files.read(path)
    if (answer.ok && answer.text.length <= configLimit) {
      mounted.configs.set(target, configs.file(path))
      mounted.texts.push({ text: answer.text, node })
      session.ledger.changed(
        node,
        'the file is a config: its content goes along with the stack, cannot be written, and a change is a rollout',
      )
      return
    }
  }
  const path = source.startsWith('/') ? posix.normalize(source) : posix.join(session.folder, source)
  const absolute = path.replace(/(?<=.)\/$/, '')
  if (absolute === '/') {
    session.ledger.refused(
      node,
      'all of the file system of a node is not handed over',
      'mount the folders that are needed',
    )
    return
  }
  mounted.volumes.set(target, { plan: volumes.bind(absolute, source), isReadOnly })
  session.ledger.changed(
    node,
    source.startsWith('/')
      ? `${absolute} has to be there on the node that runs the task, and to be allowed by its operator`
      : `${source} is ${absolute} now, the path on the machine that imports: it has to be there on the node that runs the task, and to be allowed by its operator`,
    source.startsWith('/') ? undefined : 'put what the program needs into its image, or into a volume',
  )
}

function mountMemory(
  { session, volumes }: Stores,
  facts: ServiceFacts,
  node: Node,
  path: string,
  options: readonly string[],
  mounted: Mounted,
): void {
  const target = targetOf(session, node, path)
  if (target === undefined) return
  let size: Expr | undefined
  for (const option of options.filter((each) => each !== '')) {
    const [key, value = ''] = option.split('=')
    const amount = key === 'size' ? sizeOf(value) : undefined
    if (amount) size = code.string(amount.text)
    else if (key !== 'rw') session.ledger.refused(node, `a volume in memory has no option '${option}'`)
  }
  mounted.volumes.set(target, {
    plan: volumes.own(facts, target, code.string('tmpfs'), size),
    isReadOnly: false,
  })
}

function readLong(stores: Stores, facts: ServiceFacts, node: MapNode, mounted: Mounted): void {
  const { session } = stores
  const typeNode = fieldOf(node, 'type')
  const type = wordOf(session, typeNode, ['bind', 'volume', 'tmpfs', 'npipe', 'cluster', 'image']) ?? 'volume'
  const source = plainOf(session, fieldOf(node, 'source'))
  const target = plainOf(session, fieldOf(node, 'target'))
  const isReadOnly = truthOf(session, fieldOf(node, 'read_only')) ?? false
  if (target === undefined) {
    session.ledger.refused(node, 'a mount has to have a target')
    return
  }
  switch (type) {
    case 'bind':
      if (source === undefined) session.ledger.refused(node, 'a mount of the type bind has to have a source')
      else
        mount(
          stores,
          facts,
          node,
          { source: /^[./~]/.test(source) ? source : `./${source}`, target, isReadOnly },
          mounted,
        )
      return
    case 'volume': {
      mount(stores, facts, node, { source, target, isReadOnly }, mounted)
      return
    }
    case 'tmpfs': {
      const size = plainOf(session, fieldOf(fieldOfMap(node, 'tmpfs'), 'size'))
      mountMemory(stores, facts, node, target, size === undefined ? [] : [`size=${size}`], mounted)
      return
    }
    case 'npipe':
    case 'cluster':
    case 'image':
      session.ledger.refused(
        node,
        `gantry mounts nothing of the type ${type}`,
        type === 'cluster' ? 'use a volume with a plugin as its driver' : undefined,
      )
  }
}

function fieldOfMap(node: MapNode, key: string): MapNode | undefined {
  const value = fieldOf(node, key)
  return value?.kind === 'map' ? value : undefined
}

function readConfig({ session, configs }: Stores, node: Node, mounted: Mounted): void {
  const long = node.kind === 'map' ? node : undefined
  const key = plainOf(session, long ? fieldOf(long, 'source') : node)
  if (key === undefined) {
    if (long && !fieldOf(long, 'source')) session.ledger.refused(node, 'it has to have a source')
    return
  }
  const written = plainOf(session, fieldOf(long, 'target')) ?? `/${key}`
  const target = targetOf(session, node, written.startsWith('/') ? written : `/${written}`)
  const mode = readMode(session, fieldOf(long, 'mode'))
  const used = configs.use(key, mode)
  if (!used) {
    session.ledger.refused(node, `there is no config '${key}' that could be mounted`)
    return
  }
  if (!used.isMode)
    session.ledger.changed(
      fieldOf(long, 'mode') ?? node,
      'a config has one mode: that of the first who mounts it',
    )
  mounted.texts.push({ text: used.text, node })
  if (target !== undefined) mounted.configs.set(target, used.handle)
}

/** Octal digits, as YAML 1.1 and people write them, or a decimal number that stands for them. */
function readMode(session: Session, node: Node | undefined): string | undefined {
  if (node?.kind !== 'scalar') return undefined
  const text = node.source.trim().replace(/^0o?/, '')
  if (/^[0-7]{1,3}$/.test(text)) return `0${text.padStart(3, '0')}`
  session.ledger.refused(node, `${JSON.stringify(node.source)} is not a mode such as 0440`)
  return undefined
}

export interface MountedSecrets {
  /** By the name of the file that the Compose file says. */
  readonly files: ReadonlyMap<string, string>
  readonly handles: readonly Expr[]
}

export function readSecrets(session: Session, secrets: Secrets, service: MapNode): MountedSecrets {
  const files = new Map<string, string>()
  const handles: Expr[] = []
  for (const item of itemsOf(session, fieldOf(service, 'secrets'))) {
    const long = item.kind === 'map' ? item : undefined
    const key = plainOf(session, long ? fieldOf(long, 'source') : item)
    if (key === undefined) continue
    if (!secrets.has(key)) {
      session.ledger.refused(item, `there is no secret '${key}' in this file`)
      continue
    }
    const target = plainOf(session, fieldOf(long, 'target'))
    const file = (target ?? key).replace(/^\/run\/secrets\//, '')
    if (file.includes('/')) {
      session.ledger.refused(
        fieldOf(long, 'target') ?? item,
        `the file of a secret is always ${secrets.pathOf(key)}`,
        'tell the program that path',
      )
    } else if (file !== secrets.nameOf(key))
      session.ledger.changed(
        item,
        `its file is ${secrets.pathOf(key)}; variables that name /run/secrets/${file} name that now`,
      )
    files.set(file, key)
    handles.push(secrets.handle(key))
  }
  return { files, handles }
}
