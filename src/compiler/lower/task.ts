// What services, jobs and crons have in common beyond one container: the containers beside it, where tasks run, what
// they wait for and what they talk to. Invariant: whatever any container of a task refers to is in its `reaches`.

import { defaultPriority, isName, nameRule } from '../../model/index.ts'
import type { Dependency, InitContainer, Mount, Placement, Port, Reach, Sidecar } from '../../model/index.ts'
import { isObject, isReference, textIn } from '../sandbox/opened.ts'
import type { Encoded } from '../sandbox/opened.ts'
import type { ArgumentPath } from '../sites.ts'
import { readContainer } from './container.ts'
import type { Container } from './container.ts'
import { readHealth } from './health.ts'
import { readPlacement } from './placement.ts'
import type { Declaration, Scope } from './scope.ts'
import type { DocumentKeys } from './sources.ts'
import { Reaching } from './text.ts'

type Mounts = Readonly<Record<string, Mount>>

/** The template lacks what only services have: ports, health, restart. */
export interface TaskParts {
  readonly template: Container & {
    sidecars?: Record<string, Sidecar>
    initContainers?: InitContainer[]
  }
  readonly placement: Placement
  readonly priority: number
  readonly dependsOn: Dependency[]
  readonly reaches: Reach[]
}

/**
 * `keys` lead to the specification in the document: `['services', 'api']`, `['crons', 'report', 'job']`. `ports` are those
 * of the task, which the health of sidecars may ask; jobs have none.
 */
export function readTaskParts(
  scope: Scope,
  declaration: Declaration,
  keys: DocumentKeys,
  ports: Readonly<Record<string, Port>> = {},
): TaskParts {
  const { reader, fields } = declaration
  const template = [...keys, 'template']
  const reaching = new Reaching()
  const container = readContainer(scope, declaration, template, reaching)
  const sidecars = readBeside(declaration, 'sidecars', (name, inner) => {
    const path = [...template, 'sidecars', name]
    const health = readHealth(scope, inner, path, ports)
    return { ...readContainer(scope, inner, path, reaching), ...(health ? { health } : {}) }
  })
  const initContainers = readBeside(declaration, 'initContainers', (name, inner, index) => ({
    name,
    ...readContainer(scope, inner, [...template, 'initContainers', String(index)], reaching),
  }))
  refuseSameNames(declaration, Object.keys(sidecars), Object.keys(initContainers))
  readReaches(scope, declaration, keys, reaching)
  if (fields.has('priority')) scope.sources.written([...keys, 'priority'], reader.at(reader.path('priority')))
  return {
    template: {
      ...container,
      ...(Object.keys(sidecars).length > 0 ? { sidecars } : {}),
      ...(Object.keys(initContainers).length > 0 ? { initContainers: Object.values(initContainers) } : {}),
    },
    placement: readPlacement(scope, declaration, keys),
    priority: scope.sources.orDefault(
      [...keys, 'priority'],
      reader.whole(fields.get('priority'), reader.path('priority'), { min: 0, max: 100 }),
      defaultPriority,
    ),
    dependsOn: readDependencies(scope, declaration, keys),
    reaches: reaching.sorted(),
  }
}

/** Every volume that a container of the task mounts, with its place in the arguments. */
export function allMounts(template: {
  readonly mounts: Mounts
  readonly sidecars?: Readonly<Record<string, { readonly mounts: Mounts }>> | undefined
  readonly initContainers?: readonly { readonly name: string; readonly mounts: Mounts }[] | undefined
}): { readonly path: ArgumentPath; readonly mount: Mount }[] {
  const of = (mounts: Mounts, ...within: readonly string[]) =>
    Object.entries(mounts).map(([target, mount]) => ({ path: ['1', ...within, 'mounts', target], mount }))
  return [
    ...of(template.mounts),
    ...Object.entries(template.sidecars ?? {}).flatMap(([name, each]) => of(each.mounts, 'sidecars', name)),
    ...(template.initContainers ?? []).flatMap((each) => of(each.mounts, 'initContainers', each.name)),
  ]
}

const nounOf = { sidecars: 'sidecar', initContainers: 'init container' } as const

/** Containers by name, in the order written. */
function readBeside<Read>(
  { reader, fields, name: owner }: Declaration,
  field: 'sidecars' | 'initContainers',
  read: (name: string, inner: Declaration, index: number) => Read,
): Record<string, Read> {
  const noun = nounOf[field]
  const entries = [...(reader.record(fields.get(field), reader.path(field)) ?? [])].flatMap(
    ([name, each], index): [string, Read][] => {
      const path = reader.path(field, name)
      if (!isName(name)) {
        // JavaScript puts such names first, whatever was written before them.
        const isNumber = /^\d+$/.test(name)
        reader.refuse(
          path,
          {
            code: 'GT2004',
            summary: `'${name}' cannot be the name of ${noun === 'sidecar' ? 'a sidecar' : 'an init container'}`,
            notes: [
              isNumber
                ? 'an object does not keep the order of names that are numbers; begin with a letter'
                : `a name is ${nameRule}`,
            ],
          },
          'name',
        )
        return []
      }
      const inner = reader.inner(path, `the ${noun} '${name}' of ${reader.subject}`)
      const members = inner.fields(each, path)
      return members ? [[name, read(name, { name: owner, reader: inner, fields: members }, index)]] : []
    },
  )
  return Object.fromEntries(entries)
}

function refuseSameNames(
  { reader }: Declaration,
  sidecars: readonly string[],
  initContainers: readonly string[],
): void {
  for (const name of initContainers)
    if (sidecars.includes(name)) {
      const span = reader.report.spanOf(reader.at(reader.path('sidecars', name)), 'name')
      reader.refuse(
        reader.path('initContainers', name),
        {
          code: 'GT2003',
          summary: `${reader.subject} has a sidecar and an init container named '${name}'`,
          ...(span ? { related: [{ span, label: 'the sidecar' }] } : {}),
        },
        'name',
      )
    }
}

/** What is named beside what is referred to. */
function readReaches(
  scope: Scope,
  { reader, fields }: Declaration,
  keys: DocumentKeys,
  reaching: Reaching,
): void {
  const path = reader.path('reaches')
  if (fields.has('reaches')) scope.sources.written([...keys, 'reaches'], reader.at(path))
  for (const [index, each] of (reader.list(fields.get('reaches'), path) ?? []).entries()) {
    const at = [...path, String(index)]
    if (isReference(each) && each.$ === 'service') reaching.add({ service: scope.references.nameOf(each) })
    else if (isReference(each) && each.$ === 'port')
      reaching.add({ service: scope.references.nameOf(each), port: textIn(each, 'name') })
    else if (typeof each === 'string')
      refuseByName(
        reader,
        at,
        `${reader.subject} reaches '${each}' by its name`,
        'use what service() returned',
      )
    else reader.misfit(each, at)
  }
}

function refuseByName(
  reader: Declaration['reader'],
  path: readonly string[],
  summary: string,
  label: string,
): void {
  reader.refuse(path, {
    code: 'GT2002',
    summary,
    label,
    notes: ['a name would still be there when what it names has gone'],
  })
}

/** A handle only exists after its declaration, so what depends on what can never go in a circle. */
function readDependencies(scope: Scope, { reader, fields }: Declaration, keys: DocumentKeys): Dependency[] {
  const path = reader.path('dependsOn')
  if (fields.has('dependsOn')) scope.sources.written([...keys, 'dependsOn'], reader.at(path))
  const found = (reader.list(fields.get('dependsOn'), path) ?? []).flatMap((each, index) => {
    const at = [...path, String(index)]
    if (!isObject(each) || isReference(each)) return readDependency(scope, reader, each, at, undefined, at)
    const members = reader.fields(each, at)
    if (!members) return []
    const on = reader.require(members, 'on', at)
    const until = reader.oneOf(members.get('until'), [...at, 'until'], ['started', 'healthy', 'completed'])
    if (on === undefined || (until === undefined && members.has('until'))) return []
    return readDependency(scope, reader, on, [...at, 'on'], until, [...at, 'until'])
  })
  return found.filter(
    ({ on, until }, index) => found.findIndex((each) => each.on === on && each.until === until) === index,
  )
}

function readDependency(
  scope: Scope,
  reader: Declaration['reader'],
  value: Encoded,
  path: readonly string[],
  until: Dependency['until'] | undefined,
  untilPath: readonly string[],
): Dependency[] {
  if (typeof value === 'string') {
    refuseByName(
      reader,
      path,
      `${reader.subject} depends on '${value}' by its name`,
      'use what service() or job() returned',
    )
    return []
  }
  if (!isReference(value) || (value.$ !== 'service' && value.$ !== 'job')) {
    reader.misfit(value, path)
    return []
  }
  const on = scope.references.nameOf(value)
  const isJob = value.$ === 'job'
  if (until !== undefined && isJob !== (until === 'completed')) {
    reader.refuse(untilPath, {
      code: 'GT2126',
      summary: `${reader.subject} waits until ${value.$} '${on}' is ${until}, which it never is`,
      label: isJob
        ? "a job is waited for until 'completed'"
        : "a service is waited for until 'started' or 'healthy'",
    })
    return []
  }
  return [{ on, until: until ?? (isJob ? 'completed' : 'healthy') }]
}
