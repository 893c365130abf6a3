// The images a stack builds from its folder: built by the cluster's engine, tagged by content, only when missing.

import { dirname, join } from 'node:path'
import { imageRef } from '../model/index.ts'
import type { CompiledStack, Image } from '../model/index.ts'

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
  const add = (image: Image) => {
    if (!('build' in image)) return
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
  for (const spec of [...Object.values(document.services), ...Object.values(document.jobs)])
    add(spec.template.image)
  return [...requests.values()].sort((a, b) => (a.tag < b.tag ? -1 : 1))
}
