// A count of tasks, or a share of the replicas.

import type { Share } from '../../model/index.ts'
import type { Encoded } from '../sandbox/opened.ts'
import type { Reader } from './reader.ts'

const most = 100_000

/** `'25%'` or a whole number from `least`; shares are more than 0 and at most 100. */
export function readShare(
  reader: Reader,
  value: Encoded | undefined,
  path: readonly string[],
  least: number,
): Share | undefined {
  if (typeof value !== 'string') {
    if (value !== undefined && typeof value !== 'number') {
      reader.misfit(value, path)
      return undefined
    }
    const count = reader.whole(value, path, { min: least, max: most })
    return count === undefined ? undefined : { count }
  }
  const written = /^(0|[1-9]\d{0,2})(?:\.\d{1,3})?%$/.test(value) ? Number(value.slice(0, -1)) : undefined
  if (written !== undefined && written > 0 && written <= 100) return { percent: written }
  reader.refuse(path, {
    code: 'GT1104',
    summary: `${path.findLast((key) => !/^\d+$/.test(key)) ?? ''} '${value}' is not a share: write '25%', or a number of tasks`,
    ...(written !== undefined && written > 100 ? { notes: ['a share is at most 100%'] } : {}),
    ...(/^\d+\.\d{4,}%$/.test(value) ? { notes: ['a share has at most three decimals'] } : {}),
  })
  return undefined
}

/** How many of `replicas` a share is, rounded up. */
export function countOf(share: Share, replicas: number): number {
  return 'count' in share ? share.count : Math.ceil((share.percent * replicas) / 100)
}
