import { createHash } from 'node:crypto'
import {
  chmodSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { Readable } from 'node:stream'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { callEngine, importBusybox, startDockerd } from '../../../test/support/dockerd.ts'
import type { Dockerd } from '../../../test/support/dockerd.ts'
import { contextDigest, readBuildContext } from '../../context/index.ts'
import { Fault } from '../../model/index.ts'
import { Engine } from './engine.ts'
import { buildImage, ensureImage } from './index.ts'
import type { BuildRequest } from './index.ts'
import { packContext } from './tar.ts'

let daemon: Dockerd
beforeAll(async () => {
  daemon = await startDockerd('builder')
  await importBusybox(daemon.socket, 'busybox:test')
}, 60_000)
// What the start itself has cleared up when it failed is not there to be stopped.
afterAll(async () => (daemon as Dockerd | undefined)?.stop(), 60_000)

const made: string[] = []
afterEach(() => {
  for (const folder of made.splice(0)) rmSync(folder, { recursive: true, force: true })
})

function folderWith(files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'gantry-build-'))
  made.push(folder)
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), text)
  }
  return folder
}

function request(contextFolder: string, more: Partial<BuildRequest> = {}): BuildRequest {
  return {
    socketPath: daemon.socket,
    contextFolder,
    dockerfile: 'Dockerfile',
    args: {},
    tag: 'gantry/shop-web:1',
    signal: new AbortController().signal,
    ...more,
  }
}

/** The Fault a build ends with. */
async function faultOf(building: Promise<unknown>): Promise<Fault> {
  const error: unknown = await building.then(
    () => new Error('it was built'),
    (reason: unknown) => reason,
  )
  if (error instanceof Fault) return error
  throw error
}

async function bytesOf(folder: string): Promise<string> {
  const hash = createHash('sha256')
  for await (const part of packContext(readBuildContext(folder, 'Dockerfile'))) hash.update(part)
  return hash.digest('hex')
}

test('builds what is in the folder, and what is ignored is not seen', async () => {
  const folder = folderWith({
    Dockerfile: `FROM busybox:test
ARG VERSION
ENV VERSION=$VERSION
COPY . /app
RUN cd /app && ls -a && stat -c '%n %A %u %Y' run.sh deep/er/file && cat link && echo "version $VERSION"
CMD ["/bin/sh", "/app/run.sh"]
`,
    '.dockerignore': 'Dockerfile\n.dockerignore\nsecret\n',
    'run.sh': 'echo run',
    'deep/er/file': 'x',
    'a target': 'through the link\n',
    secret: 'no',
    [`${'long-name/'.repeat(15)}ünïcode`]: 'x',
  })
  chmodSync(join(folder, 'run.sh'), 0o755)
  symlinkSync('a target', join(folder, 'link'))
  const said: string[] = []
  await buildImage(
    request(folder, {
      args: { VERSION: '7 "x"' },
      labels: { 'gantry.cluster': 'c1' },
      onProgress: (line) => said.push(line),
    }),
  )
  expect(said.slice(said.indexOf('.'), said.indexOf('version 7 "x"') + 1)).toEqual([
    ...['.', '..', 'a target', 'deep', 'link', 'long-name', 'run.sh'],
    'run.sh -rwxr-xr-x 0 315619200',
    'deep/er/file -rw-r--r-- 0 315619200',
    'through the link',
    'version 7 "x"',
  ])
  expect(await callEngine(daemon.socket, 'GET', '/images/gantry/shop-web:1/json')).toMatchObject({
    Config: {
      Labels: { 'gantry.cluster': 'c1' },
      Cmd: ['/bin/sh', '/app/run.sh'],
      Env: expect.arrayContaining(['VERSION=7 "x"']) as string[],
    },
  })
  expect(await callEngine(daemon.socket, 'GET', '/containers/json?all=1')).toEqual([])
})

test('the same files give the same bytes, wherever and whenever they were written', async () => {
  const folder = folderWith({ Dockerfile: 'FROM scratch\n', 'a/b': 'x', c: 'y' })
  const copy = mkdtempSync(join(tmpdir(), 'gantry-build-'))
  made.push(copy)
  cpSync(folder, copy, { recursive: true })
  chmodSync(join(copy, 'c'), 0o600)
  utimesSync(join(copy, 'c'), 1, 1)
  expect(await bytesOf(copy)).toBe(await bytesOf(folder))
})

test('an image that is there is not built again', async () => {
  const folder = folderWith({ Dockerfile: 'FROM busybox:test\nRUN date > /built\n' })
  const wanted = request(folder, { tag: 'gantry/shop-once:1' })
  expect(await ensureImage(wanted)).toEqual({ built: true })
  const before = await callEngine(daemon.socket, 'GET', '/images/gantry/shop-once:1/json')
  expect(await ensureImage(wanted)).toEqual({ built: false })
  expect(await callEngine(daemon.socket, 'GET', '/images/gantry/shop-once:1/json')).toEqual(before)
})

test('a stage of the Dockerfile is built alone, and named by its digest; one that is not there is said', async () => {
  const folder = folderWith({
    Dockerfile: 'FROM scratch AS first\nCOPY a /first\nFROM scratch AS last\nCOPY nothing /x\n',
    a: 'x',
  })
  const context = readBuildContext(folder, 'Dockerfile')
  const digest = contextDigest(context.entries, context.dockerfile, {}, 'first')
  expect(digest).not.toBe(contextDigest(context.entries, context.dockerfile, {}))
  // The last stage cannot be built.
  await buildImage(request(folder, { tag: 'gantry/shop-stage:1', target: 'first', digest }))
  expect(await callEngine(daemon.socket, 'GET', '/images/gantry/shop-stage:1/json')).toMatchObject({
    RootFS: { Layers: [expect.stringMatching(/^sha256:/)] },
  })
  expect((await faultOf(buildImage(request(folder, { target: 'frist' })))).message).toMatch(/frist/)
})

test('a folder that changed since its digest was taken is refused, also in the middle of sending', async () => {
  const folder = folderWith({ Dockerfile: 'FROM scratch\nCOPY a /a\n', a: 'x' })
  const context = readBuildContext(folder, 'Dockerfile')
  const digest = contextDigest(context.entries, context.dockerfile, {})
  await buildImage(request(folder, { digest }))
  writeFileSync(join(folder, 'a'), 'y')
  expect((await faultOf(buildImage(request(folder, { digest })))).message).toBe(
    `the folder ${folder} has changed since the stack was compiled; run the command again`,
  )
  const sending = new Engine({ socketPath: daemon.socket }).open({ limitMs: 5000 }, (docker) =>
    docker.buildImage(Readable.from(packContext(context)), { t: 'gantry/half:1' }),
  )
  expect((await faultOf(sending)).message).toMatch(/a changed while the image was being built; try again/)
})

test.each([
  {
    name: 'a command that fails',
    dockerfile: 'FROM busybox:test\nRUN echo first; printf "the \\033[31mreason\\033[0m\\n" >&2; exit 9\n',
    why: /returned a non-zero code: 9\nthe builder said last:\n(?:.*\n)*  the reason/,
    fix: 'correct the Dockerfile or what it runs',
  },
  {
    name: 'a base image that cannot be had',
    dockerfile: 'FROM 127.0.0.1:1/nothing:1\n',
    why: /connection refused/,
    fix: 'check the name in FROM and that its registry can be reached, or load the image into the engine first',
  },
  {
    name: 'a line that is no instruction',
    dockerfile: 'FROM busybox:test\nRUNN x\n',
    why: /unknown instruction: RUNN/i,
    fix: 'correct the Dockerfile or what it runs',
  },
  {
    name: 'a file that is not there',
    dockerfile: 'FROM scratch\nCOPY nothing /x\n',
    why: /^COPY failed: .*stat nothing: file does not exist/,
    fix: 'correct the Dockerfile or what it runs',
  },
  {
    name: 'what only BuildKit can do',
    dockerfile: 'FROM busybox:test\nRUN --mount=type=cache,target=/c true\n',
    why: /--mount option requires BuildKit/,
    fix: 'write the Dockerfile for the classic builder, or build the image with `docker buildx` and name it in the stack',
  },
])('$name ends the build with the reason and what to do', async ({ dockerfile, why, fix }) => {
  const folder = folderWith({ Dockerfile: dockerfile })
  const { details } = await faultOf(buildImage(request(folder)))
  expect(details.what).toBe(`cannot build the image of ${folder} (Dockerfile)`)
  expect(details.why).toMatch(why)
  expect(details.fix).toBe(fix)
})

test('an abort ends the build at once, here and in the engine', async () => {
  const folder = folderWith({ Dockerfile: 'FROM busybox:test\nRUN echo begun; sleep 100\n' })
  const over = new AbortController()
  const building = buildImage(
    request(folder, {
      signal: over.signal,
      onProgress: (line) => line === 'begun' && over.abort(new Error('enough')),
    }),
  )
  await expect(building).rejects.toThrow('enough')
  await expect
    .poll(() => callEngine(daemon.socket, 'GET', '/containers/json?all=1'), { timeout: 15_000 })
    .toEqual([])
}, 30_000)

test('a daemon that goes away ends the build with a fault', async () => {
  await using own = await startDockerd('builder-killed')
  await importBusybox(own.socket, 'busybox:test')
  const folder = folderWith({ Dockerfile: 'FROM busybox:test\nRUN echo begun; sleep 100\n' })
  let killed = Promise.resolve()
  const onProgress = (line: string) => {
    if (line === 'begun') killed = own.kill()
  }
  const fault = await faultOf(buildImage(request(folder, { socketPath: own.socket, onProgress })))
  expect(fault.message).toMatch(
    /^cannot use the Docker daemon at \S+: it broke the connection; look at what the daemon says/,
  )
  await killed
  expect((await faultOf(ensureImage(request(folder, { socketPath: own.socket })))).message).toMatch(
    /connection refused; start the daemon/,
  )
}, 60_000)
