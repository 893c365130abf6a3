// Makes the base image of the examples, `gantry-base:busybox`, without a registry: busybox of this host and a link for
// each of its applets. It is made again only when busybox is another one; nothing else is put into it.
//   node scripts/base-image.ts [--docker /path/to/docker.sock] [--remove]

import { createHash } from 'node:crypto'
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import process from 'node:process'
import { Readable } from 'node:stream'
import { parseArgs } from 'node:util'
import Docker from 'dockerode'
import { pack } from 'tar-stream'
import { engineSocket } from '../src/cli/index.ts'

const tag = 'gantry-base:busybox'
const { values } = parseArgs({
  options: { docker: { type: 'string' }, home: { type: 'string' }, remove: { type: 'boolean' } },
})
const path = ['/bin/busybox', '/usr/bin/busybox'].find((candidate) => existsSync(candidate))
if (path === undefined) throw new Error('busybox is missing; install it: apt-get install busybox-static')
const busybox = readFileSync(path)
const digest = createHash('sha256').update(busybox).digest('hex')
const docker = new Docker({ socketPath: values.docker ?? engineSocket(values.home) })

const before = await docker
  .getImage(tag)
  .inspect()
  .catch((error: unknown) => {
    if (error instanceof Error && 'statusCode' in error && error.statusCode === 404) return undefined
    throw error
  })
if (values.remove === true) {
  // By its name: what was built on it keeps it alive, and takes it along when it goes.
  if (before) await docker.getImage(tag).remove()
  console.log(`${tag} is gone`)
  process.exit(0)
}
// Of an imported image the comment is all that can be set freely.
if (before?.Comment === digest) console.log(`${tag} is there`)
else {
  const tar = pack()
  tar.entry({ name: 'bin/', type: 'directory', mode: 0o755 })
  tar.entry({ name: 'tmp/', type: 'directory', mode: 0o1777 })
  tar.entry({ name: 'etc/', type: 'directory', mode: 0o755 })
  tar.entry({ name: 'etc/passwd' }, 'root:x:0:0:root:/:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/false\n')
  tar.entry({ name: 'bin/busybox', mode: 0o755 }, busybox)
  for (const applet of execFileSync(path, ['--list'], { encoding: 'utf8' }).trim().split('\n'))
    if (applet !== 'busybox') tar.entry({ name: `bin/${applet}`, type: 'symlink', linkname: 'busybox' })
  tar.finalize()
  const [repo, name] = tag.split(':')
  const answer = await docker.importImage(Readable.from(tar), {
    repo,
    tag: name,
    message: digest,
    changes: 'ENV PATH=/bin',
  })
  for await (const chunk of answer) {
    const line = String(chunk)
    if (line.includes('"error"')) throw new Error(`the engine refused the image: ${line}`)
  }
  console.log(`${tag} made from ${path}`)
}
