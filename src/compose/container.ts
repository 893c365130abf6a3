// The container of a service: what runs, with which variables, as whom, and what the kernel allows it. Invariant: every
// key of vocabulary-service.ts that is mapped and is not about mounts, ports, health or the rollout is read here.

import * as code from './code.ts'
import type { Expr } from './code.ts'
import { parseEnvFile } from './dotenv.ts'
import { interpolate } from './interpolation.ts'
import type { Piece } from './interpolation.ts'
import { relativePath } from './configs.ts'
import type { Configs } from './configs.ts'
import { readImage } from './image.ts'
import { environmentExpr, spokenText } from './references.ts'
import type { Speaker } from './references.ts'
import { troubleWords } from './session.ts'
import type { Session } from './session.ts'
import type { MapNode, Node } from './tree.ts'
import {
  durationExpr,
  fieldOf,
  isNull,
  itemsOf,
  mapOf,
  pairsOf,
  piecesOf,
  plainOf,
  recordOf,
  stringsOf,
  textOf,
  textOfPieces,
  truthOf,
  wordsOf,
} from './values.ts'
import { holdsPassword, looksSecret } from './variables.ts'

/** The fields of `ContainerOptions`, those absent that are not given; mounts, configs and secrets are others' part. */
export function readContainer(
  speaker: Speaker,
  configs: Configs,
): Readonly<Record<string, Expr | undefined>> {
  const { session, facts } = speaker
  const { node } = facts
  const isPrivileged = truthOf(session, fieldOf(node, 'privileged')) === true
  if (isPrivileged) readPrivileged(session, node)
  const security = isPrivileged ? {} : readSecurity(session, configs, fieldOf(node, 'security_opt'))
  return {
    image: readImage(session, facts),
    command: readCommand(speaker, fieldOf(node, 'entrypoint')),
    args: readCommand(speaker, fieldOf(node, 'command')),
    env: readEnvironment(speaker),
    labels: readLabels(session, node),
    user: userExpr(session, present(node, 'user'), speaker.files.size > 0),
    groups: code.unlessEmpty(stringsOf(session, fieldOf(node, 'group_add'))),
    workingDir: textOf(session, present(node, 'working_dir')),
    readOnlyRoot: ifTrue(session, fieldOf(node, 'read_only')),
    stopSignal: readSignal(session, fieldOf(node, 'stop_signal')),
    stopGrace: durationExpr(session, present(node, 'stop_grace_period')),
    capabilities: isPrivileged
      ? undefined
      : code.unlessEmpty(
          code.object({
            add: readCapabilities(session, fieldOf(node, 'cap_add')),
            drop: readCapabilities(session, fieldOf(node, 'cap_drop')),
          }),
        ),
    privileged: isPrivileged ? code.boolean(true) : undefined,
    sysctls: code.unlessEmpty(recordOf(session, fieldOf(node, 'sysctls'))),
    ...security,
    runtime: textOf(session, present(node, 'runtime')),
    init: ifTrue(session, fieldOf(node, 'init')),
    logging: readLogging(session, fieldOf(node, 'logging')),
  }
}

/** What stands beside `privileged`: what it grants anyway needs no word, what it does not is lost. */
function readPrivileged(session: Session, node: MapNode): void {
  const { ledger } = session
  for (const key of ['cap_add', 'cap_drop', 'devices', 'security_opt']) {
    const said = present(node, key)
    if (said) ledger.changed(said, 'a privileged container has everything: there is nothing left to say')
  }
  for (const item of itemsOf(session, fieldOf(node, 'security_opt'))) {
    const text = plainOf(session, item)
    if (text !== undefined && !/^(?:apparmor|seccomp)[:=]unconfined$|^label[:=]disable$/.test(text))
      ledger.refused(item, `a privileged container has no ${JSON.stringify(text)}: it would be lost`)
  }
  for (const item of itemsOf(session, fieldOf(node, 'devices'))) {
    const long = item.kind === 'map' ? item : undefined
    const [host, container] = long
      ? [plainOf(session, fieldOf(long, 'source')), plainOf(session, fieldOf(long, 'target'))]
      : (plainOf(session, item) ?? '').split(':')
    if (container !== undefined && container !== host)
      ledger.refused(
        item,
        `a privileged container has every device at its own path: ${host ?? ''} is not at ${container}`,
        'tell the program the path of the node, or leave privileged out',
      )
  }
}

/** The value of a key that is there and not null. */
export function present(node: MapNode | undefined, key: string): Node | undefined {
  const value = fieldOf(node, key)
  return value && !isNull(value) ? value : undefined
}

export function ifTrue(session: Session, node: Node | undefined): Expr | undefined {
  return truthOf(session, node) === true ? code.boolean(true) : undefined
}

/** null is what the image says; a text is split into words, as Compose does. */
export function readCommand(speaker: Speaker, node: Node | undefined): Expr | undefined {
  if (!node || isNull(node)) return undefined
  const words = wordsOf(speaker.session, node)
  return words && code.array(words.map((word) => spokenText(speaker, word, node)))
}

function readEnvironment(speaker: Speaker): Expr | undefined {
  const { session, facts } = speaker
  const variables = new Map<string, Expr>()
  for (const item of itemsOf(session, fieldOf(facts.node, 'env_file'), true))
    readEnvFile(speaker, item, variables)
  for (const [name, value] of readVariables(speaker, fieldOf(facts.node, 'environment')))
    variables.set(name, value)
  return code.unlessEmpty(code.record([...variables].map(([key, value]) => ({ key, value }))))
}

/** `environment` of a service, or of a step before it. */
export function readVariables(speaker: Speaker, node: Node | undefined): Map<string, Expr> {
  const variables = new Map<string, Expr>()
  for (const { name, value, node: at } of pairsOf(speaker.session, node)) {
    if (!isVariableName(speaker.session, name, at)) continue
    variables.set(name, value ? variableExpr(speaker, name, value, at) : passedOn(speaker, name, at))
  }
  return variables
}

function variableExpr(speaker: Speaker, name: string, pieces: readonly Piece[], node: Node): Expr {
  // Numbers and truth values stay what they are.
  if (node.kind === 'scalar' && typeof node.value === 'boolean' && node.source === String(node.value))
    return code.boolean(node.value)
  if (node.kind === 'scalar' && Number.isSafeInteger(node.value) && node.source === String(node.value))
    return code.number(Number(node.value))
  return environmentExpr(speaker, name, pieces, node)
}

/** A name alone takes its value from where Compose is run. */
function passedOn(speaker: Speaker, name: string, node: Node): Expr {
  if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) {
    speaker.session.ledger.changed(node, `${name} is empty: no variable of that name can be passed on`)
    return code.string('')
  }
  speaker.session.ledger.changed(node, `${name} is an input of the stack that has to be given`)
  return environmentExpr(speaker, name, [{ name, operator: '', other: [] }], node)
}

function isVariableName(session: Session, name: string, node: Node): boolean {
  if (/^[A-Za-z_][A-Za-z0-9_.-]*$/.test(name) && name !== '__proto__') return true
  session.ledger.refused(node, `${JSON.stringify(name)} cannot be the name of a variable`)
  return false
}

function readEnvFile(speaker: Speaker, node: Node, into: Map<string, Expr>): void {
  const { session } = speaker
  const long = node.kind === 'map' ? node : undefined
  const pathNode = long ? fieldOf(long, 'path') : node
  const written = plainOf(session, pathNode)
  const isRequired = truthOf(session, fieldOf(long, 'required')) ?? true
  const format = plainOf(session, fieldOf(long, 'format')) === 'raw' ? 'raw' : 'compose'
  if (written === undefined) return
  const path = relativePath(written)
  const answer = session.files.read(path)
  if (!answer.ok) {
    if (answer.trouble === 'missing' && !isRequired)
      session.ledger.note(node, `${path} is not there, and need not be`)
    else
      session.ledger.refused(
        node,
        `${path} gives no variables: ${troubleWords[answer.trouble]}`,
        'put the file where it belongs and import again, or write the variables into env',
      )
    return
  }
  const { lines, problems } = parseEnvFile(answer.text, format)
  for (const { line, why } of problems) session.ledger.refused(node, `line ${line} of ${path} ${why}`)
  session.ledger.note(node, `the variables of ${path} stand in env`)
  for (const { name, value, isRaw } of lines) {
    if (!isVariableName(session, name, node)) continue
    if ((looksSecret(name) && value !== '') || holdsPassword(value ?? '')) {
      session.ledger.changed(
        node,
        `the value of ${name} in ${path} looks like a secret and is not copied: it is a secret input`,
        `give it by the variable ${name}`,
      )
      into.set(name, environmentExpr(speaker, name, [{ name, operator: '', other: [] }], node))
    } else if (value === undefined) into.set(name, passedOn(speaker, name, node))
    else {
      const read = isRaw ? undefined : interpolate(value)
      if (read?.ok === false) session.ledger.refused(node, `${name} in ${path}: ${read.why}`)
      else into.set(name, environmentExpr(speaker, name, read?.pieces ?? (value === '' ? [] : [value]), node))
    }
  }
}

function readLabels(session: Session, node: MapNode): Expr | undefined {
  const labels = new Map<string, Expr>()
  const set = (name: string, value: Expr, at: Node): void => {
    if (name === 'gantry' || name.startsWith('gantry.') || name === '__proto__')
      session.ledger.refused(at, `a label cannot be called ${JSON.stringify(name)}`)
    else labels.set(name, value)
  }
  for (const item of itemsOf(session, fieldOf(node, 'label_file'), true)) {
    const path = relativePath(plainOf(session, item) ?? '')
    const answer = session.files.read(path)
    if (!answer.ok) session.ledger.refused(item, `${path} gives no labels: ${troubleWords[answer.trouble]}`)
    else
      for (const { name, value } of parseEnvFile(answer.text, 'raw').lines)
        set(name, code.string(value ?? ''), item)
  }
  for (const source of [fieldOf(mapOf(session, fieldOf(node, 'deploy')), 'labels'), fieldOf(node, 'labels')])
    for (const { name, value, node: at } of pairsOf(session, source))
      set(name, textOfPieces(session, value ?? [], at), at)
  return code.unlessEmpty(code.record([...labels].map(([key, value]) => ({ key, value }))))
}

/** Checked where it is known: what is no user is refused here rather than by the compiler. */
export function userExpr(session: Session, node: Node | undefined, hasSecretFiles = false): Expr | undefined {
  const pieces = node && piecesOf(session, node)
  if (!node || !pieces) return undefined
  const text = pieces.every((piece) => typeof piece === 'string') ? pieces.join('') : undefined
  if (hasSecretFiles && text !== undefined && !/^\d+(?::\w+)?$/.test(text)) {
    session.ledger.refused(
      node,
      `which number the user ${JSON.stringify(text)} has is known inside the image only, and the files of secrets have to belong to it`,
      "write its number, such as '999'",
    )
    return undefined
  }
  if (text === undefined || /^[A-Za-z0-9_][A-Za-z0-9_.-]*(?::[A-Za-z0-9_][A-Za-z0-9_.-]*)?$/.test(text))
    return textOfPieces(session, pieces, node)
  session.ledger.refused(
    node,
    `${JSON.stringify(text)} is not a user`,
    "write 'name', 'name:group' or numbers",
  )
  return undefined
}

function readSignal(session: Session, node: Node | undefined): Expr | undefined {
  const text = plainOf(session, node)
  if (!node || text === undefined) return undefined
  const signal = `SIG${text.toUpperCase().replace(/^SIG/, '')}`
  if (/^SIG[A-Z]+[0-9]*(?:[+-]\d+)?$/.test(signal)) return code.string(signal)
  session.ledger.refused(
    node,
    `${JSON.stringify(text)} is not the name of a signal`,
    'write a name such as SIGTERM',
  )
  return undefined
}

function readCapabilities(session: Session, node: Node | undefined): Expr | undefined {
  const names = itemsOf(session, node).flatMap((item) => {
    const text = plainOf(session, item)?.toUpperCase().replace(/^CAP_/, '')
    if (text !== undefined && /^[A-Z][A-Z0-9_]*$/.test(text)) return [code.string(text)]
    if (text !== undefined) session.ledger.refused(item, `${JSON.stringify(text)} is no capability`)
    return []
  })
  return code.unlessEmpty(code.array(names))
}

function readSecurity(
  session: Session,
  configs: Configs,
  node: Node | undefined,
): Readonly<Record<string, Expr | undefined>> {
  let seccomp: Expr | undefined
  let apparmor: Expr | undefined
  for (const item of itemsOf(session, node)) {
    const text = plainOf(session, item)
    if (text === undefined) continue
    const [, kind = '', value = ''] = /^([a-z-]+)[:=](.*)$/.exec(text) ?? []
    if (kind === 'apparmor' && value !== '') apparmor = code.string(value)
    else if (kind === 'seccomp' && value === 'unconfined') seccomp = code.string('unconfined')
    else if (kind === 'seccomp' && session.files.read(relativePath(value)).ok)
      seccomp = configs.file(relativePath(value))
    else
      session.ledger.refused(
        item,
        kind === 'seccomp'
          ? `the profile ${JSON.stringify(value)} is not a file of the folder`
          : `there is nothing like ${JSON.stringify(text)}`,
        text.startsWith('no-new-privileges')
          ? 'drop capabilities, and run as a user that is not root'
          : undefined,
      )
  }
  return { seccomp, apparmor }
}

function readLogging(session: Session, node: Node | undefined): Expr | undefined {
  const map = mapOf(session, node)
  if (!map) return undefined
  const driver = textOf(session, fieldOf(map, 'driver'))
  const options = code.unlessEmpty(recordOf(session, fieldOf(map, 'options')))
  if (!driver && !options) return undefined
  if (!driver)
    session.ledger.changed(map, "the driver is written out: it is 'json-file', the engine's usual one")
  return code.object({ driver: driver ?? code.string('json-file'), options })
}
