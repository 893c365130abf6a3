import { spawn } from 'node:child_process'
import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { createServer as createHttpServer } from 'node:http'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, expect, test } from 'vitest'
import { messageOf } from '../../model/index.ts'
import { checkDocker } from './index.ts'

const folder = mkdtempSync(join(tmpdir(), 'gantry-check-'))
chmodSync(folder, 0o755)
const socketPath = join(folder, 'docker.sock')
const cleanups: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
  rmSync(socketPath, { force: true })
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const wordsOf = async (path = socketPath) => checkDocker(path, 300).then(() => 'fine', messageOf)

test('says that there is no daemon', async () => {
  expect(await wordsOf()).toBe(
    `cannot use the Docker daemon at ${socketPath}: it is not there: no such socket; install Docker (apt-get install docker.io) and start it, or name its socket with --docker`,
  )
})

test('says that nobody is behind the socket', async () => {
  // What a daemon that was killed leaves behind: a socket nobody listens on.
  const script = `require('node:net').createServer().listen(${JSON.stringify(socketPath)}, () => process.kill(process.pid, 'SIGKILL'))`
  await new Promise((resolve) => spawn(process.execPath, ['--eval', script]).once('exit', resolve))
  expect(await wordsOf()).toMatch(/does not run: connection refused; start the daemon/)
})

test('says that the socket is not for everybody', async () => {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(socketPath, resolve))
  cleanups.push(() => server.close())
  chmodSync(socketPath, 0o000)
  const script = `
    const { checkDocker } = await import(${JSON.stringify(join(import.meta.dirname, 'index.ts'))})
    // Once before, since another user may have no right to the folder that all it needs is loaded from.
    await checkDocker('/nowhere').catch(() => undefined)
    if (process.getuid() === 0) process.seteuid(65_534)
    console.log(await checkDocker(${JSON.stringify(socketPath)}).then(() => 'fine', (error) => error.message))`
  const child = spawn(process.execPath, ['--input-type=module', '--eval', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let said = ''
  child.stdout.on('data', (part: Buffer) => (said += part.toString()))
  await new Promise((resolve) => child.once('close', resolve))
  expect(said.trim()).toBe(
    `cannot use the Docker daemon at ${socketPath}: it may not be used: permission denied; add yourself to the group docker (sudo usermod -aG docker $USER, then log in again), or use sudo`,
  )
})

test('says that it hangs, that it is too old, and that it is something else', async () => {
  let answer: string | null = null
  const server = createHttpServer((_, response) => {
    if (answer !== null) response.end(answer)
  })
  await new Promise<void>((resolve) => server.listen(socketPath, resolve))
  cleanups.push(
    () => server.close(),
    () => server.closeAllConnections(),
  )
  expect(await wordsOf()).toMatch(/did not answer within 300ms; look at what the daemon says/)
  answer = JSON.stringify({ Version: '19.03.8', ApiVersion: '1.40', Os: 'linux', Arch: 'amd64' })
  expect(await wordsOf()).toMatch(
    /speaks version 1.40 of the API, and 1.41 \(Docker 20.10\) or newer is needed; install a newer Docker/,
  )
  answer = '<html>a web server</html>'
  expect(await wordsOf()).toMatch(/sent an answer that is not understood/)
})
