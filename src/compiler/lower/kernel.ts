// What the kernel lets a container do: capabilities, confinement, settings, runtime. Invariant: whatever makes a
// container less of one is warned about by name, and what the engine would ignore is refused.

import { nearest } from '../../model/index.ts'
import type { TaskTemplate } from '../../model/index.ts'
import { isObject, isReference } from '../sandbox/opened.ts'
import type { Encoded } from '../sandbox/opened.ts'
import type { Reader } from './reader.ts'
import type { Declaration, Scope } from './scope.ts'

export type Kernel = Pick<
  TaskTemplate,
  'capabilities' | 'privileged' | 'sysctls' | 'seccomp' | 'apparmor' | 'runtime'
>

export function readKernel(scope: Scope, declaration: Declaration): Kernel {
  const { reader, fields } = declaration
  const at = (name: string): readonly string[] => reader.path(name)
  const capabilities = readCapabilities(declaration)
  const privileged = reader.boolean(fields.get('privileged'), at('privileged')) === true
  const sysctls = readSysctls(declaration)
  const seccomp = readSeccomp(scope, declaration)
  const apparmor = readName(reader, fields.get('apparmor'), at('apparmor'), 'a profile of AppArmor')
  const runtime = readName(reader, fields.get('runtime'), at('runtime'), 'a runtime')
  if (privileged) {
    for (const name of ['capabilities', 'seccomp', 'apparmor'])
      if (fields.has(name)) refuseWithPrivileged(reader, at(name), name)
    const resources = fields.get('resources')
    if (isObject(resources) && !isReference(resources) && 'devices' in resources)
      refuseWithPrivileged(reader, reader.path('resources', 'devices'), 'devices')
  }
  warnOfLessConfinement(declaration, { privileged, seccomp, apparmor })
  return {
    ...(capabilities ? { capabilities } : {}),
    ...(privileged ? { privileged } : {}),
    ...(sysctls ? { sysctls } : {}),
    ...(seccomp === undefined ? {} : { seccomp }),
    ...(apparmor === undefined ? {} : { apparmor }),
    ...(runtime === undefined ? {} : { runtime }),
  }
}

function refuseWithPrivileged(reader: Reader, path: readonly string[], name: string): void {
  const span = reader.report.spanOf(reader.at(reader.path('privileged')), 'name')
  reader.refuse(
    path,
    {
      code: 'GT2122',
      summary: `${reader.subject} is privileged, which leaves nothing for ${name} to say`,
      label: 'leave one of the two out',
      ...(span ? { related: [{ span, label: 'privileged here' }] } : {}),
    },
    'name',
  )
}

function warnOfLessConfinement(
  { reader, fields }: Declaration,
  {
    privileged,
    seccomp,
    apparmor,
  }: { privileged: boolean; seccomp?: string | undefined; apparmor?: string | undefined },
): void {
  const { report, subject } = reader
  const warn = (path: readonly string[], words: Parameters<typeof report.warn>[1], isName = false): void =>
    report.warn(reader.at(path), words, isName ? 'name' : 'value')
  if (privileged)
    warn(
      reader.path('privileged'),
      {
        code: 'GT4010',
        summary: `${subject} is privileged: whoever breaks into it is root on the node`,
        fix: 'name what it needs: capabilities, devices',
      },
      true,
    )
  for (const [name, value] of Object.entries({ seccomp, apparmor }))
    if (value === 'unconfined')
      warn(reader.path(name), {
        code: 'GT4011',
        summary: `${subject} is not confined by ${name === 'seccomp' ? 'seccomp' : 'AppArmor'}`,
        label: 'every call of the kernel is open to it',
        fix:
          name === 'seccomp'
            ? 'a profile that allows what it needs, as a config'
            : 'a profile that the node has loaded',
      })
  const devices = fields.get('resources')
  const list = isObject(devices) && !isReference(devices) ? devices['devices'] : undefined
  if (Array.isArray(list) && list.length > 0)
    warn(
      reader.path('resources', 'devices'),
      {
        code: 'GT4012',
        summary: `${subject} is given devices of the node`,
        label: 'they are shared with whatever else uses them there',
      },
      true,
    )
  const capabilities = fields.get('capabilities')
  const added = isObject(capabilities) && !isReference(capabilities) ? capabilities['add'] : undefined
  for (const [index, name] of Array.isArray(added) ? added.entries() : [])
    if (typeof name === 'string' && mighty.has(name))
      warn(reader.path('capabilities', 'add', String(index)), {
        code: 'GT4013',
        summary: `capability ${name} makes ${subject} nearly root on the node`,
      })
}

/** Any of these is enough to leave the container. */
const mighty: ReadonlySet<string> = new Set([
  'ALL',
  'SYS_ADMIN',
  'SYS_MODULE',
  'SYS_PTRACE',
  'SYS_RAWIO',
  'DAC_READ_SEARCH',
  'BPF',
])

/** Of capabilities(7), without CAP_. */
const capabilityNames = [
  'ALL',
  'AUDIT_CONTROL',
  'AUDIT_READ',
  'AUDIT_WRITE',
  'BLOCK_SUSPEND',
  'BPF',
  'CHECKPOINT_RESTORE',
  'CHOWN',
  'DAC_OVERRIDE',
  'DAC_READ_SEARCH',
  'FOWNER',
  'FSETID',
  'IPC_LOCK',
  'IPC_OWNER',
  'KILL',
  'LEASE',
  'LINUX_IMMUTABLE',
  'MAC_ADMIN',
  'MAC_OVERRIDE',
  'MKNOD',
  'NET_ADMIN',
  'NET_BIND_SERVICE',
  'NET_BROADCAST',
  'NET_RAW',
  'PERFMON',
  'SETFCAP',
  'SETGID',
  'SETPCAP',
  'SETUID',
  'SYSLOG',
  'SYS_ADMIN',
  'SYS_BOOT',
  'SYS_CHROOT',
  'SYS_MODULE',
  'SYS_NICE',
  'SYS_PACCT',
  'SYS_PTRACE',
  'SYS_RAWIO',
  'SYS_RESOURCE',
  'SYS_TIME',
  'SYS_TTY_CONFIG',
  'WAKE_ALARM',
]

function readCapabilities({ reader, fields }: Declaration): Kernel['capabilities'] {
  const path = reader.path('capabilities')
  const given = reader.fields(fields.get('capabilities'), path)
  if (!given) return undefined
  const [add, drop] = (['add', 'drop'] as const).map((side) => {
    const names = reader.strings(given.get(side), [...path, side]) ?? []
    return names.filter((name, index) => checkCapability(reader, name, [...path, side, String(index)]))
  })
  const both = drop?.findIndex((name) => add?.includes(name)) ?? -1
  if (both >= 0)
    reader.refuse([...path, 'drop', String(both)], {
      code: 'GT2123',
      summary: `capability '${drop?.[both] ?? ''}' of ${reader.subject} is both added and dropped`,
    })
  return { add: unique(add), drop: unique(drop) }
}

function unique(names: readonly string[] = []): string[] {
  return [...new Set(names)].sort()
}

function checkCapability(reader: Reader, name: string, path: readonly string[]): boolean {
  if (capabilityNames.includes(name)) return true
  const bare = name.toUpperCase().replace(/^CAP_/, '')
  const guess = capabilityNames.includes(bare) ? bare : nearest(bare, capabilityNames)
  reader.refuse(path, {
    code: 'GT2123',
    summary: `there is no capability '${name}'`,
    ...(guess === undefined
      ? { notes: ["names look like 'NET_ADMIN', without CAP_"] }
      : { label: bare === guess ? `write '${guess}'` : `did you mean '${guess}'?` }),
  })
  return false
}

/** Those that a namespace has of its own: the engine refuses all others, which are the node's. */
const ownSetting =
  /^(?:net\.[\w./-]+|kernel\.(?:msgmax|msgmnb|msgmni|sem|shmall|shmmax|shmmni|shm_rmid_forced|domainname)|fs\.mqueue\.[\w.-]+)$/

function readSysctls({ reader, fields }: Declaration): Kernel['sysctls'] {
  const path = reader.path('sysctls')
  const given = reader.record(fields.get('sysctls'), path)
  const entries = [...(given ?? [])].flatMap(([name, each]): [string, string][] => {
    const at = [...path, name]
    if (!ownSetting.test(name)) {
      reader.refuse(
        at,
        {
          code: 'GT2124',
          summary: `setting '${name}' is not one that a container has of its own`,
          notes: [
            "those are net.*, fs.mqueue.*, and kernel.msg*, kernel.sem and kernel.shm*; all others are the node's",
          ],
        },
        'name',
      )
      return []
    }
    const text = typeof each === 'number' ? String(each) : reader.string(each, at)
    return text === undefined ? [] : [[name, text]]
  })
  return given && entries.length > 0 ? Object.fromEntries(entries) : undefined
}

/** The profile's text comes from the config, whose content is put in here: it is part of what makes the container. */
function readSeccomp(scope: Scope, { reader, fields }: Declaration): string | undefined {
  const value = fields.get('seccomp')
  const path = reader.path('seccomp')
  if (value === undefined || value === 'unconfined') return value
  const config = reader.reference(value, path, 'config')
  if (!config) return undefined
  const name = scope.references.nameOf(config)
  const parts = scope.configs.get(name)?.content
  if (!parts) return undefined // refused where it is declared
  const content = parts.filter((part) => typeof part === 'string').join('')
  if (parts.some((part) => typeof part !== 'string')) {
    reader.refuse(path, {
      code: 'GT2125',
      summary: `config '${name}' cannot be a seccomp profile: it has references in it`,
      notes: ['a profile is known before the container is made'],
    })
    return undefined
  }
  const problem = profileProblem(content)
  if (problem === undefined) return content
  reader.refuse(path, {
    code: 'GT2125',
    summary: `config '${name}' is not a seccomp profile: ${problem}`,
    notes: ["a profile is JSON with a defaultAction, as in Docker's documentation"],
  })
  return undefined
}

function profileProblem(text: string): string | undefined {
  let profile: unknown
  try {
    profile = JSON.parse(text)
  } catch {
    return 'it is not JSON'
  }
  if (typeof profile !== 'object' || profile === null || Array.isArray(profile)) return 'it is not an object'
  return 'defaultAction' in profile && typeof profile.defaultAction === 'string'
    ? undefined
    : 'it has no defaultAction'
}

function readName(
  reader: Reader,
  value: Encoded | undefined,
  path: readonly string[],
  what: string,
): string | undefined {
  const name = reader.string(value, path)
  if (name === undefined || /^[A-Za-z0-9_][\w.:/-]*$/.test(name)) return name
  reader.refuse(path, { code: 'GT2112', summary: `'${name}' is not the name of ${what}` })
  return undefined
}
