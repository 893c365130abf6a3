// Who may write. A record of a term that is over is void (record.ts) and harms nobody.

import { isVoid } from '../../model/index.ts'
import type { Invariant } from './invariant.ts'

export const oneLeader: Invariant = {
  name: 'one-leader',
  says: 'In each term the records of one leader at most are accepted, and terms only grow.',
  watch: (_, fail) => ({
    record: ({ seq, record, by, termBefore, leaderBefore, state }) => {
      if (isVoid(record, termBefore)) {
        if (state.term !== termBefore || state.leader !== leaderBefore)
          fail(`record ${seq} of term ${record.term} changed who leads in term ${termBefore}`)
      } else if (record.kind === 'term') {
        if (record.server !== by) fail(`${by} made ${record.server} the leader of term ${record.term}`)
        if (state.term <= termBefore) fail(`term ${state.term} follows term ${termBefore}`)
      } else if (by !== leaderBefore || record.term !== termBefore)
        fail(
          `record ${seq} of term ${record.term} is by ${by}, and ${leaderBefore ?? 'nobody'} leads in term ${termBefore}`,
        )
    },
  }),
}
