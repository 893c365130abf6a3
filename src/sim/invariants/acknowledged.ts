// That a yes is a yes. What was never answered may be in the log or not.

import type { LogRecord } from '../../model/index.ts'
import type { Invariant } from './invariant.ts'

export const acknowledged: Invariant = {
  name: 'acknowledged',
  says: 'An apply that was acknowledged is in the log for good, whatever crashes.',
  watch: ({ world }, fail) => {
    const promised = new Set<string>()
    let written = new Set<string>()
    return {
      record: ({ record }) => {
        for (const plan of plansOf(record)) written.add(plan)
      },
      rewritten: () => {
        written = new Set(world.history.flatMap(plansOf))
      },
      acknowledged: (plan) => {
        promised.add(plan)
        if (world.isWhole && !written.has(plan)) fail(`${plan} was acknowledged and is not in the log`)
      },
      // A store that has lost records has them again by then.
      end: () => {
        for (const plan of promised) if (!written.has(plan)) fail(`${plan} was acknowledged and is lost`)
      },
    }
  },
}

function plansOf(record: LogRecord): string[] {
  if (record.kind !== 'commit') return []
  return record.parts.flatMap(({ changes }) =>
    changes.flatMap((change) => (change.table === 'stacks' && change.value ? [change.value.planId] : [])),
  )
}
