import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, statfsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { callEngine, importBusybox } from './dockerd.ts'
import { Hosts, tracesOf } from './hosts.ts'
import type { Host } from './hosts.ts'
import { mountsBelow } from './traces.ts'

/** Whether one ping of half a second comes back. */
async function reaches(from: Host, to: { readonly address: string }): Promise<boolean> {
  const marker = join(from.folder, `reached-${to.address}-${Date.now()}`)
  // The kernel answers a connection to a closed port with a refusal, which takes a way there and a way back.
  const program = from.program({
    name: 'reach',
    command: process.execPath,
    args: [
      '--eval',
      `const socket = require('node:net').connect({ host: '${to.address}', port: 9 })
      socket.once('error', (error) => { if (error.code === 'ECONNREFUSED') require('node:fs').writeFileSync('${marker}', '') ; process.exit() })
      setTimeout(() => process.exit(), 700)`,
    ],
  })
  program.start()
  while (program.isRunning) await new Promise((resolve) => setTimeout(resolve, 20))
  return existsSync(marker)
}

test('links are cut in any set and healed, and a cable is taken out', async () => {
  await using hosts = Hosts.start(['a', 'b', 'c'])
  const [a, b, c] = [hosts.get('a'), hosts.get('b'), hosts.get('c')]
  const links = async () =>
    Promise.all([reaches(a, b), reaches(b, a), reaches(b, c), reaches(a, c), reaches(a, hosts)])
  expect(await links()).toEqual([true, true, true, true, true])
  hosts.separate([a], [b, c])
  expect(await links()).toEqual([false, false, true, false, true])
  hosts.separate([a, c], [b])
  expect(await links()).toEqual([false, false, false, true, true])
  hosts.heal()
  a.unplug()
  expect(await links()).toEqual([false, false, true, false, false])
  a.plug()
  expect(await links()).toEqual([true, true, true, true, true])
}, 60_000)

test('a program is killed, paused and started again; a small disk is full and has room again', async () => {
  await using hosts = Hosts.start(['a'])
  const host = hosts.get('a')
  const program = host.program({ name: 'sleeper', command: 'sleep', args: ['1000'] })
  program.start()
  const { pid } = program
  program.pause()
  await program.kill()
  expect(program.isRunning).toBe(false)
  program.start()
  expect({ runs: program.isRunning, another: program.pid !== pid }).toEqual({ runs: true, another: true })

  const disk = host.smallDisk('store', 1024 ** 2)
  disk.fill()
  expect(statfsSync(disk.path).bavail).toBe(0)
  expect(() => writeFileSync(join(disk.path, 'more'), 'x'.repeat(10_000))).toThrow(/ENOSPC/)
  disk.free()
  writeFileSync(join(disk.path, 'more'), 'x'.repeat(10_000))
  await hosts.stop()
  expect([...tracesOf(hosts.folder), ...mountsBelow(hosts.folder)]).toEqual([])
})

test('each host has an engine of its own, and containers outlive their daemon', async () => {
  await using hosts = Hosts.start(['a', 'b'])
  const daemons = await Promise.all(['a', 'b'].map((name) => hosts.get(name).startDockerd()))
  for (const daemon of daemons) {
    await importBusybox(daemon.socket, 'busybox:test')
    const sleeper = { Image: 'busybox:test', Cmd: ['/bin/sleep', '1000'] }
    const { Id } = (await callEngine(daemon.socket, 'POST', '/containers/create', sleeper)) as { Id: string }
    await callEngine(daemon.socket, 'POST', `/containers/${Id}/start`)
  }
  const [first] = daemons
  await first?.kill()
  await first?.restart()
  for (const daemon of daemons)
    expect(await callEngine(daemon.socket, 'GET', '/containers/json')).toMatchObject([{ State: 'running' }])
  await hosts.stop()
  expect(tracesOf(hosts.folder)).toEqual([])
}, 60_000)

test('what a killed test run left behind is cleared away by the next', async () => {
  const program = `
    import { Hosts } from ${JSON.stringify(import.meta.filename.replace('.test.ts', '.ts'))}
    const hosts = Hosts.start(['a', 'b'])
    hosts.get('a').smallDisk('store', 1024 ** 2)
    await hosts.get('b').startDockerd()
    hosts.get('a').program({ name: 'sleeper', command: 'sleep', args: ['1000'] }).start()
    console.log(hosts.folder)
    process.kill(process.pid, 'SIGKILL')`
  const child = spawn(process.execPath, ['--input-type=module', '--eval', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let output = ''
  child.stdout.on('data', (part: Buffer) => (output += part.toString()))
  await once(child, 'close')
  const folder = output.trim()
  expect(tracesOf(folder)).not.toEqual([])
  await using next = Hosts.start(['a'])
  expect(next.folder).not.toBe(folder)
  expect([...tracesOf(folder), ...mountsBelow(folder)]).toEqual([])
}, 60_000)
