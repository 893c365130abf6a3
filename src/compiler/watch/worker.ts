// The thread that checks programs as a whole, so that the session can go on answering for a part meanwhile. Invariant: one
// request at a time, in order; what goes wrong here is told to the one who asked.

import { parentPort } from 'node:worker_threads'
import { messageOf } from '../../model/index.ts'
import { Sandbox } from '../sandbox/sandbox.ts'
import type { Texts } from './texts.ts'
import { checkWhole, resultDigest } from './whole.ts'
import type { Base, Subject } from './whole.ts'

export interface WholeRequest {
  readonly id: number
  readonly subject: Subject
  readonly texts: Texts
  /** Digest of a result: when it is this one, that is all that has to be said. */
  readonly expected: string | null
}

export type WholeAnswer =
  | { readonly id: number; readonly base: Base }
  | { readonly id: number; readonly isExpected: true }
  | { readonly id: number; readonly failed: string }

const port = parentPort
let sandbox: Sandbox | undefined
let turn: Promise<void> = Promise.resolve()

async function answer({ id, subject, texts, expected }: WholeRequest): Promise<void> {
  let reply: WholeAnswer
  try {
    const base = await checkWhole(subject, texts, () => (sandbox ??= new Sandbox()))
    reply = resultDigest(base.result) === expected ? { id, isExpected: true } : { id, base }
    if (isByTheClock(base)) await renew()
  } catch (error) {
    reply = { id, failed: error instanceof Error ? (error.stack ?? error.message) : messageOf(error) }
    await renew()
  }
  port?.postMessage(reply)
}

/** A thread that was stopped by its deadline, or in which something went wrong, is not used again. */
async function renew(): Promise<void> {
  await sandbox?.close()
  sandbox = undefined
}

function isByTheClock({ outcome }: Base): boolean {
  if (outcome?.kind === 'failed') return outcome.failure.kind === 'deadline'
  return (
    outcome?.runs.some(({ result }) => 'failure' in result && result.failure.kind === 'deadline') ?? false
  )
}

port?.on('message', (request: WholeRequest) => {
  turn = turn.then(() => answer(request))
})
