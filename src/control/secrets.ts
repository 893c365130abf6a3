// Values of secrets: which ones an apply has to bring, and a new version set by a person. Invariant: only sealed values
// come in here. Nothing restarts by itself when a value changes.

import { secretAddress } from '../model/index.ts'
import type { Change, ClusterState, Instant, SealedValue, Secret, StackDocument } from '../model/index.ts'

const versionsKept = 10

/** Secrets that an apply of the document must bring a first value for, with the number of random bytes. */
export function secretsToGenerate(document: StackDocument, state: ClusterState): Map<string, number> {
  const wanted = new Map<string, number>()
  for (const [name, spec] of Object.entries(document.secrets)) {
    const address = secretAddress(document.stack, name)
    if (spec.generateBytes !== undefined && (state.secrets.get(address)?.versions.length ?? 0) === 0)
      wanted.set(address, spec.generateBytes)
  }
  return wanted
}

/** A new version of a secret's value; the rows of tasks do not change, so nothing restarts by itself. */
export function setSecret(
  state: ClusterState,
  wish: { readonly stack: string; readonly name: string; readonly value: SealedValue; readonly by: string },
  now: Instant,
): { readonly changes: readonly Change[]; readonly version: number } {
  const address = secretAddress(wish.stack, wish.name)
  const before = state.secrets.get(address)
  const version = (before?.versions.at(-1)?.version ?? 0) + 1
  const row: Secret = {
    address,
    stack: wish.stack,
    name: wish.name,
    spec: before?.spec ?? {},
    versions: [
      ...(before?.versions ?? []),
      { version, createdAt: now, createdBy: wish.by, value: wish.value },
    ].slice(-versionsKept),
    declared: before?.declared ?? false,
    ...(!before || before.early ? { early: true as const } : {}),
  }
  return { changes: [{ table: 'secrets', key: address, value: row }], version }
}
