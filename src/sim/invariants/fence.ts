// What must run once. Looked at whenever a container starts, on whichever side of whichever cut.

import { labels } from '../../agent/index.ts'
import { serviceAddress } from '../../model/index.ts'
import type { SimContainer } from '../container.ts'
import type { Invariant } from './invariant.ts'

export const fence: Invariant = {
  name: 'fence',
  says: 'A task with `onLost: fence` never runs twice at once, over partitions and clocks that drift.',
  watch: ({ world }, fail) => ({
    started: (node, container) => {
      const slot = slotOf(container)
      if (slot === null || world.state.services.get(slot.service)?.spec.onLost !== 'fence') return
      for (const other of world.nodes)
        for (const each of other.host.running())
          if (each !== container && slotOf(each)?.name === slot.name)
            fail(
              `${slot.name} runs on ${other.id} (${each.request.name}) and on ${node.id} (${container.request.name})`,
            )
    },
  }),
}

function slotOf({ request }: SimContainer): { readonly service: string; readonly name: string } | null {
  const own = request.labels
  if (own[labels.kind] !== 'service') return null
  const service = serviceAddress(own[labels.stack] ?? '', own[labels.service] ?? '')
  return { service, name: `${service}.${own[labels.slot] ?? ''}` }
}
