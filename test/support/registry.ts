// A registry of a test's own that gives one image to pull, over plain HTTP on 127.0.0.1, which every engine allows. It
// can be told to stop in the middle, as a bad network does. Only what a pull asks for is there.

import { createHash } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { gzipSync } from 'node:zlib'
import { pack } from 'tar-stream'

export interface Registry extends AsyncDisposable {
  /** `127.0.0.1:PORT/shop/web:1` */
  readonly image: string
  /** Paths that were asked for. */
  readonly asked: readonly string[]
  /** While true, layers are begun and not finished. */
  stalls: boolean
  stop(): Promise<void>
}

const types = {
  manifest: 'application/vnd.docker.distribution.manifest.v2+json',
  config: 'application/vnd.docker.container.image.v1+json',
  layer: 'application/vnd.docker.image.rootfs.diff.tar.gzip',
}

export async function startRegistry(): Promise<Registry> {
  const tar = pack()
  tar.entry({ name: 'hello', mode: 0o644, mtime: new Date(0) }, 'hello from the registry\n')
  tar.finalize()
  const parts: Buffer[] = []
  for await (const part of tar as unknown as AsyncIterable<Buffer>) parts.push(part) // a stream of bytes, though untyped
  const layer = Buffer.concat(parts)
  const zipped = gzipSync(layer)
  const config = Buffer.from(
    JSON.stringify({
      architecture: 'amd64',
      os: 'linux',
      config: { Cmd: ['/hello'] },
      rootfs: { type: 'layers', diff_ids: [digestOf(layer)] },
    }),
  )
  const manifest = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: types.manifest,
      config: { mediaType: types.config, size: config.length, digest: digestOf(config) },
      layers: [{ mediaType: types.layer, size: zipped.length, digest: digestOf(zipped) }],
    }),
  )
  const blobs = new Map([config, zipped].map((blob) => [`/v2/shop/web/blobs/${digestOf(blob)}`, blob]))
  const manifests = ['1', digestOf(manifest)].map((name) => `/v2/shop/web/manifests/${name}`)
  const asked: string[] = []
  const state = { stalls: false }
  const server = createServer((request, response) => {
    const path = request.url ?? ''
    asked.push(path)
    const blob = blobs.get(path)
    if (path === '/v2/') response.end()
    else if (manifests.includes(path))
      response
        .writeHead(200, {
          'Content-Type': types.manifest,
          'Content-Length': manifest.length,
          'Docker-Content-Digest': digestOf(manifest),
        })
        .end(request.method === 'HEAD' ? undefined : manifest)
    else if (blob) {
      response.writeHead(200, { 'Content-Length': blob.length })
      if (state.stalls && blob === zipped) response.write(blob.subarray(0, 10))
      else response.end(blob)
    } else
      response
        .writeHead(404, { 'Content-Type': 'application/json' })
        .end('{"errors":[{"code":"MANIFEST_UNKNOWN","message":"manifest unknown"}]}')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo // it listens on TCP
  const stop = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve())
      server.closeAllConnections()
    })
  return {
    image: `127.0.0.1:${port}/shop/web:1`,
    asked,
    get stalls() {
      return state.stalls
    },
    set stalls(value: boolean) {
      state.stalls = value
    },
    stop,
    [Symbol.asyncDispose]: stop,
  }
}

function digestOf(data: Uint8Array): string {
  return `sha256:${createHash('sha256').update(data).digest('hex')}`
}
