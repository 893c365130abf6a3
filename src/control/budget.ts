// The disruption budget of a service: how many of its healthy tasks have to stay when rollouts and drains take some out of
// service. Pure arithmetic. Invariant: what a host or a program does by itself is never forbidden here, and a budget
// that is not kept as it is forbids every further step that would make it worse.

import type { Budget, Share } from '../model/index.ts'

/** Shares are rounded up, as the compiler does when it judges them. */
function countOf(share: Share, replicas: number): number {
  return 'count' in share ? share.count : Math.ceil((replicas * share.percent) / 100)
}

/** Healthy slots that must stay. */
export function leastAvailable(budget: Budget | undefined, replicas: number): number {
  if (!budget) return 0
  return 'minAvailable' in budget
    ? Math.min(replicas, countOf(budget.minAvailable, replicas))
    : Math.max(0, replicas - countOf(budget.maxUnavailable, replicas))
}
