// Clearing a real daemon of one cluster, beside things of another and of nobody.
import { rmSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { callEngine, importBusybox, startDockerd } from '../../../test/support/dockerd.ts'
import type { Dockerd } from '../../../test/support/dockerd.ts'
import { buildImage, clearEngine } from './index.ts'

let daemon: Dockerd
const folder = mkdtempSync(join(tmpdir(), 'gantry-clearing-'))
beforeAll(async () => {
  daemon = await startDockerd('clearing')
  await importBusybox(daemon.socket, 'busybox:test')
}, 60_000)
// What the start itself has cleared up when it failed is not there to be stopped.
afterAll(async () => {
  rmSync(folder, { recursive: true, force: true })
  await (daemon as Dockerd | undefined)?.stop()
}, 60_000)

const of = (cluster: string) => ({ 'gantry.cluster': cluster })
const post = (path: string, body: object) => callEngine(daemon.socket, 'POST', path, body)

async function make(name: string, labels: Readonly<Record<string, string>>): Promise<void> {
  await post('/networks/create', { Name: name, Labels: labels })
  await post('/volumes/create', { Name: name, Labels: labels })
  await post(`/containers/create?name=${name}`, {
    ...{ Image: 'busybox:test', Cmd: ['/bin/sleep', '100'], Labels: labels, StopSignal: 'SIGKILL' },
    HostConfig: { NetworkMode: name, Binds: [`${name}:/data`] },
  })
  await callEngine(daemon.socket, 'POST', `/containers/${name}/start`)
}

/** Names of all that is there, but what an engine has from the beginning. */
async function names(): Promise<Record<string, string[]>> {
  const containers = (await callEngine(daemon.socket, 'GET', '/containers/json?all=1')) as {
    Names: string[]
  }[]
  const networks = (await callEngine(daemon.socket, 'GET', '/networks')) as { Name: string }[]
  const volumes = (await callEngine(daemon.socket, 'GET', '/volumes')) as {
    Volumes: { Name: string }[] | null
  }
  const images = (await callEngine(daemon.socket, 'GET', '/images/json')) as { RepoTags: string[] }[]
  return {
    containers: containers.flatMap((each) => each.Names.map((name) => name.slice(1))).sort(),
    networks: networks
      .map((each) => each.Name)
      .filter((name) => !['bridge', 'host', 'none'].includes(name))
      .sort(),
    volumes: (volumes.Volumes ?? []).map((each) => each.Name).sort(),
    images: images.flatMap((each) => each.RepoTags).sort(),
  }
}

test('what carries the label of the cluster goes, its data only where asked, and nothing else', async () => {
  // Another engine than the one that was named must not be asked.
  vi.stubEnv('DOCKER_HOST', 'tcp://127.0.0.1:1')
  await make('mine', of('c1'))
  await make('theirs', of('c2'))
  await make('nobodys', {})
  const build = async (from: string, tag: string) => {
    writeFileSync(join(folder, 'Dockerfile'), `FROM ${from}\nLABEL for=${tag}\n`)
    await buildImage({
      ...{ socketPath: daemon.socket, contextFolder: folder, dockerfile: 'Dockerfile', args: {}, tag },
      ...{ labels: of('c1'), signal: new AbortController().signal },
    })
  }
  await build('busybox:test', 'gantry/base:1')
  await build('gantry/base:1', 'gantry/web:1')

  const clearing = { socketPath: daemon.socket, cluster: 'c1' }
  expect(await clearEngine({ ...clearing, withData: false })).toEqual([])
  const others = ['nobodys', 'theirs']
  const kept = { containers: others, networks: others, volumes: ['mine', ...others] }
  expect(await names()).toEqual({ ...kept, images: ['busybox:test', 'gantry/base:1', 'gantry/web:1'] })

  // A volume of the cluster that somebody else uses stays, and it is said why.
  await post('/containers/create?name=guest', {
    ...{ Image: 'busybox:test', Cmd: ['/bin/true'], HostConfig: { Binds: ['mine:/data'] } },
  })
  const problems = await clearEngine({ ...clearing, withData: true })
  expect(problems).toEqual([
    expect.stringMatching(/^mine: remove mine: volume is in use - \[[0-9a-f]{12}\]$/),
  ])
  expect(await names()).toMatchObject({ volumes: ['mine', ...others], images: ['busybox:test'] })

  await callEngine(daemon.socket, 'DELETE', '/containers/guest')
  expect(await clearEngine({ ...clearing, withData: true })).toEqual([])
  expect(await names()).toEqual({ ...kept, volumes: others, images: ['busybox:test'] })
  vi.unstubAllEnvs()
}, 60_000)

test('without an engine it says what to do', async () => {
  const clearing = { socketPath: join(folder, 'nowhere.sock'), cluster: 'c1', withData: true }
  await expect(clearEngine(clearing)).rejects.toThrow(/is not there: no such socket; install Docker/)
})
