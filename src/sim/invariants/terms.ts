// Whom agents believe: what an agent has on its disk, says that it holds, and writes on containers.

import { labels } from '../../agent/index.ts'
import { assignReply, decodeJson } from '../../model/index.ts'
import type { Invariant } from './invariant.ts'

export const terms: Invariant = {
  name: 'terms',
  says: 'No agent acts on an older term after a newer one.',
  watch: (_, fail) => {
    const saved = new Map<string, number>()
    const said = new Map<string, number>()
    const created = new Map<string, number>()
    const note = (seen: Map<string, number>, key: string, term: number, what: string) => {
      const before = seen.get(key) ?? 0
      if (term < before) fail(`${what} term ${term} after term ${before}`)
      seen.set(key, term)
    }
    return {
      saved: (node, name, text) => {
        if (name !== 'assignments') return
        // The first one of the file; those inside of templates are strings.
        const term = /"term":(\d+)/.exec(text)?.[1]
        if (term !== undefined) note(saved, node.id, Number(term), `${node.id} holds assignments of`)
      },
      sent: ({ subject, data }) => {
        const node = /^gantry\.node\.([^.]+)\.assign$/.exec(subject)?.[1]
        if (node === undefined) return
        const answer = assignReply.safeParse(decodeJson(data))
        if (!answer.success || answer.data.version === 0) return
        // What is on its way may be overtaken, but it is said in the order of what is held.
        note(said, node, answer.data.term, `${node} says that it holds`)
      },
      created: (node, request) => {
        const task = request.labels[labels.task] ?? ''
        const term = Number(request.labels[labels.term] ?? 0)
        note(created, `${node.id} ${task}`, term, `${node.id} makes a container of ${task} of`)
      },
    }
  },
}
