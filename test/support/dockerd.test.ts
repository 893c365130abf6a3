import { spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { callEngine, importBusybox, startDockerd } from './dockerd.ts'
import type { Dockerd } from './dockerd.ts'

const sleeper = { Image: 'busybox:test', Cmd: ['/bin/sleep', '1000'] }

async function startContainer(daemon: Dockerd): Promise<void> {
  const { Id } = (await callEngine(daemon.socket, 'POST', '/containers/create', sleeper)) as { Id: string }
  await callEngine(daemon.socket, 'POST', `/containers/${Id}/start`)
}

function traces({ folder, range }: Pick<Dockerd, 'folder' | 'range'>): string[] {
  const number = range.split('.')[1] ?? ''
  return [
    ...(existsSync(folder) ? [folder] : []),
    ...readFileSync('/proc/self/mountinfo', 'utf8')
      .split('\n')
      .filter((line) => line.includes(`${folder}/`)),
    ...(existsSync(`/sys/class/net/gantrytest${number}`) ? ['bridge'] : []),
    ...(existsSync(`/sys/fs/cgroup/memory/gantrytest${number}/docker`) ? ['control group'] : []),
  ]
}

test('two daemons run side by side, a killed one comes back, and nothing is left of them', async () => {
  await using a = await startDockerd('a', { args: ['--live-restore'] })
  await using b = await startDockerd('b')
  expect(a.range).not.toBe(b.range)
  for (const daemon of [a, b]) {
    await importBusybox(daemon.socket, 'busybox:test')
    await startContainer(daemon)
  }
  await a.kill()
  await a.restart()
  expect(await callEngine(a.socket, 'GET', '/containers/json')).toMatchObject([{ State: 'running' }])
  b.pause()
  await a.stop()
  await b.stop()
  expect([...traces(a), ...traces(b)]).toEqual([])
}, 60_000)

test('what a killed test run left behind is cleared away by the next', async () => {
  const program = `
    import { callEngine, importBusybox, startDockerd } from ${JSON.stringify(import.meta.filename.replace('.test.ts', '.ts'))}
    const daemon = await startDockerd('left-behind')
    await importBusybox(daemon.socket, 'busybox:test')
    const { Id } = await callEngine(daemon.socket, 'POST', '/containers/create', ${JSON.stringify(sleeper)})
    await callEngine(daemon.socket, 'POST', '/containers/' + Id + '/start')
    console.log(JSON.stringify({ folder: daemon.folder, range: daemon.range }))
    process.kill(process.pid, 'SIGKILL')`
  const child = spawn(process.execPath, ['--input-type=module', '--eval', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let output = ''
  child.stdout.on('data', (part: Buffer) => (output += part.toString()))
  await new Promise((resolve) => child.once('close', resolve))
  const left = JSON.parse(output) as { folder: string; range: string }
  expect(traces(left)).not.toEqual([])
  await using next = await startDockerd('next')
  expect(next.folder).not.toBe(left.folder)
  expect(traces(left)).toEqual([])
}, 60_000)
