// The images a stack builds from its folder: built by the cluster's engine, tagged by content, only when missing.

import { dirname, join } from 'node:path'
import { containersIn, imageRef } from '../model/index.ts'
import type { CompiledStack } from '../model/index.ts'

export interface BuildRequest {
  readonly stack: string
  readonly tag: string
  /** Absolute. */
  readonly contextFolder: string
  readonly dockerfile: string
  readonly args: Readonly<Record<string, string>>
  /** Stage of the Dockerfile. Default: the last one. */
  readonly target?: string
  readonly digest: string
}

/** One request for each different image, sorted by tag; `file` is the stack file the contexts are relative to. */
export function imagesToBuild({ document }: CompiledStack, file: string): BuildRequest[] {
  const requests = new Map<string, BuildRequest>()
  for (const { image } of containersIn(document)) {
    if (!('build' in image)) continue
    const { context, dockerfile, args, target, digest } = image.build
    const tag = imageRef(document.stack, image)
    requests.set(tag, {
      stack: document.stack,
      tag,
      contextFolder: join(dirname(file), context),
      dockerfile,
      args,
      ...(target === undefined ? {} : { target }),
      digest,
    })
  }
  return [...requests.values()].sort((a, b) => (a.tag < b.tag ? -1 : 1))
}
