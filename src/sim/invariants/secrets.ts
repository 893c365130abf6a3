// Where the plain values of secrets are. The simulator's vault hides them from a search for their bytes, as encryption
// does, so that whatever holds one in plain text is found.

import { labels } from '../../agent/index.ts'
import type { ContainerRequest } from '../../agent/index.ts'
import type { ClusterState, TaskId, TaskTemplate } from '../../model/index.ts'
import { secretAddress } from '../../model/index.ts'
import { simVault } from '../keys.ts'
import type { SimNode } from '../members.ts'
import type { Invariant } from './invariant.ts'

export const secrets: Invariant = {
  name: 'secrets',
  says: 'The plain value of a secret is only ever on nodes that run a task that uses it.',
  watch: ({ world }, fail) => {
    /** Secret by each plain value that it ever had. */
    const known = new Map<string, string>()
    /** Secrets that a task may have, by its id; a task that is gone may still be running. */
    const uses = new Map<TaskId, ReadonlySet<string>>()
    const places = new Map<TaskId, string>()

    const checkUse = (node: SimNode, task: TaskId, secret: string, where: string) => {
      if (uses.get(task)?.has(secret) && places.get(task) === node.id) return
      fail(`${where} of ${task} on ${node.id} holds ${secret}, which it does not use there`)
    }
    const secretsIn = (text: string) =>
      [...known].flatMap(([plain, secret]) => (text.includes(plain) ? [secret] : []))

    return {
      record: ({ record, before, state }) => {
        if (record.kind !== 'commit') return
        for (const { changes } of record.parts)
          for (const change of changes)
            if (change.table === 'secrets')
              for (const { value } of change.value?.versions ?? [])
                known.set(Buffer.from(simVault.open(value)).toString(), change.key)
        for (const id of before.keys()) {
          const task = state.tasks.get(id)
          if (!task || task.node === null || places.has(id)) continue
          places.set(id, task.node)
          uses.set(id, usesOf(state, id))
        }
        if (known.size > 0 && secretsIn(JSON.stringify(record.parts)).length > 0)
          fail('the log holds the plain value of a secret')
      },
      created: (node, request) => {
        if (known.size === 0) return
        for (const secret of secretsIn(textOf(request)))
          checkUse(node, request.labels[labels.task] ?? '', secret, 'the container')
      },
      wroteSecrets: (node, task, files) => {
        for (const bytes of files.values())
          for (const secret of secretsIn(Buffer.from(bytes).toString()))
            checkUse(node, task, secret, 'a file')
      },
      saved: (node, name, text) => {
        const held = known.size === 0 ? [] : secretsIn(text)
        if (held[0] !== undefined) fail(`the file ${name} on ${node.id} holds the plain value of ${held[0]}`)
        for (const [, owner] of text.matchAll(/"sealed":"key-of-([^|"]*)/g))
          if (owner !== node.id) fail(`the file ${name} on ${node.id} holds what is sealed to ${owner ?? ''}`)
      },
      sent: ({ subject, data }) => {
        if (known.size === 0 || subject.endsWith('.secretSet')) return
        for (const plain of known.keys())
          if (Buffer.from(data.buffer, data.byteOffset, data.byteLength).includes(plain))
            fail(`a message on ${subject} holds the plain value of ${known.get(plain) ?? ''}`)
      },
      end: () => {
        for (const { id, host, secrets: files } of world.nodes)
          for (const task of files.files.keys())
            if (host.running(task).length === 0)
              fail(`the files of ${task} are on ${id}, where it does not run`)
      },
    }
  },
}

/** All that a container is made with. */
function textOf({ env, labels: own, command, args }: ContainerRequest): string {
  return JSON.stringify([env, own, command, args])
}

function usesOf(state: ClusterState, id: TaskId): Set<string> {
  const task = state.tasks.get(id)
  const template =
    task?.kind === 'job'
      ? state.jobs.get(task.owner)?.spec.template
      : state.services.get(task?.owner ?? '')?.revisions.find(({ number }) => number === task?.revision)
          ?.template
  return new Set(template ? namesIn(template).map((name) => secretAddress(task?.stack ?? '', name)) : [])
}

function namesIn({ secretFiles, env }: TaskTemplate): string[] {
  const inEnv = Object.values(env).flatMap((value) =>
    'secretFile' in value
      ? [value.secretFile]
      : value.text.flatMap((part) => (typeof part === 'object' && 'secret' in part ? [part.secret] : [])),
  )
  return [...secretFiles, ...inEnv]
}
