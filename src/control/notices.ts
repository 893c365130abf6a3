// What a document asks for that this version of the control plane goes past, because the stack is worth having without
// it: said with each plan, and no reason to refuse one. Invariant: each code at most once for a document, with every
// address that it is about. What cannot be gone past is support.ts's.

import { canonicalJson, defaultReschedule, serviceAddress, volumeAddress } from '../model/index.ts'
import type { ServiceSpec, StackDocument } from '../model/index.ts'
import type { SupportCode } from './support-codes.ts'

export interface Notice {
  readonly code: SupportCode
  /** What the cluster does otherwise than asked, in a few words before the addresses. */
  readonly what: string
  /** Sorted; never empty. */
  readonly addresses: readonly string[]
}

/** What is not carried out of a document in a cluster of so many nodes, in the order of the codes. */
export function noticesOf({ stack, services, volumes }: StackDocument, nodes: number): Notice[] {
  const servicesThat = (claim: (spec: ServiceSpec) => boolean) =>
    Object.entries(services).flatMap(([name, spec]) => (claim(spec) ? [serviceAddress(stack, name)] : []))
  const all = servicesThat(() => true)
  const sized = Object.entries(volumes).flatMap(([name, { driver, size }]) =>
    driver.kind === 'local' && size !== undefined ? [volumeAddress(stack, name)] : [],
  )
  const moved = servicesThat((spec) => canonicalJson(spec.reschedule) === canonicalJson(defaultReschedule))
  const found: Notice[] = [
    {
      code: 'GT6039',
      what: 'all reach each other, whatever reaches says',
      addresses: all.length > 1 ? all : [],
    },
    { code: 'GT6040', what: 'its size is not looked at', addresses: sized },
    { code: 'GT6042', what: 'fails where it is, and is not moved', addresses: nodes > 1 ? moved : [] },
  ]
  return found
    .filter(({ addresses }) => addresses.length > 0)
    .map((notice) => ({ ...notice, addresses: notice.addresses.toSorted() }))
}
