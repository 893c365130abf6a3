// Guesses at renames: something of the same shape goes and comes under another name. An address is a name, never a
// code path, so what looks like a rename to its author is a removal and a creation; the plan says so before data is
// left behind. Invariant: it only ever adds a remark; a guess with two candidates is no guess.

import type { Step } from '../control/index.ts'
import { canonicalJson, imageRef, targetRevision, unreachable } from '../model/index.ts'
import type { ClusterState, TaskTemplate } from '../model/index.ts'
import { nodeName } from './words.ts'

/** A remark for each address that comes and seems to be one that goes. */
export function renamesAmong(steps: readonly Step[], state: ClusterState): Map<string, string> {
  const remarks = new Map<string, string>()
  const goes = steps.filter((step) => step.before !== null && step.after === null)
  const comes = steps.filter((step) => step.before === null && step.after !== null)
  for (const coming of comes) {
    const candidates = goes.filter((going) => isAlike(going, coming))
    const [going] = candidates
    if (candidates.length !== 1 || !going) continue
    if (comes.filter((other) => isAlike(going, other)).length !== 1) continue
    remarks.set(coming.address, remark(going, state))
  }
  return remarks
}

function isAlike(going: Step, coming: Step): boolean {
  switch (coming.kind) {
    case 'service':
      return (
        going.kind === 'service' &&
        going.before !== null &&
        coming.after !== null &&
        isAlikeTemplate(going.before.stack, targetRevision(going.before).template, coming.after.template)
      )
    case 'job':
      return (
        going.kind === 'job' &&
        going.before !== null &&
        coming.after !== null &&
        isAlikeTemplate(going.before.stack, going.before.spec.template, coming.after.template)
      )
    case 'volume':
      return going.kind === 'volume' && canonicalJson(going.before?.spec) === canonicalJson(coming.after)
    case 'secret':
      return going.kind === 'secret' && canonicalJson(going.before?.spec) === canonicalJson(coming.after)
    default:
      return unreachable(coming)
  }
}

/** The same image serves the same ports; mounts and values may have been renamed along with it. */
function isAlikeTemplate(stack: string, a: TaskTemplate, b: TaskTemplate): boolean {
  return (
    imageRef(stack, a.image) === imageRef(stack, b.image) && canonicalJson(a.ports) === canonicalJson(b.ports)
  )
}

function remark(going: Step, state: ClusterState): string {
  const looks = `looks like a rename of ${going.address}`
  switch (going.kind) {
    case 'service':
      return `${looks}: that one is removed and this one starts anew`
    case 'job':
      return `${looks}: this one runs, whatever that one has done`
    case 'volume':
      return going.before?.node == null
        ? looks
        : `${looks}: its data does not move along, it ${going.action === 'delete' ? 'is deleted' : 'stays'} on ${nodeName(state, going.before.node)}`
    case 'secret':
      return `${looks}: its value does not move along`
    default:
      return unreachable(going)
  }
}
