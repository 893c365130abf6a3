// What a user or a host gets wrong: one clear sentence with what to do, the documented exit code, no stack trace, and
// nothing half made. Each is run as a user does, with the built command.

import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { runGantry, runGantryAs } from '../support/gantry.ts'
import type { Ran, RunOptions } from '../support/gantry.ts'

const work = mkdtempSync(join(tmpdir(), 'gantry-bad-'))
const home = join(work, 'home')
const nobody = 65534

const checkout = join(work, 'checkout')
beforeAll(() => {
  chmodSync(work, 0o755)
  mkdirSync(checkout)
})
afterAll(() => rmSync(work, { recursive: true, force: true }))

function gantry(args: readonly string[], options: RunOptions = {}): Promise<Ran> {
  const { env, ...rest } = options
  return runGantry(args, {
    cwd: work,
    ...rest,
    env: { GANTRY_HOME: home, DOCKER_HOST: '', ...env },
  })
}

function asNobody(args: readonly string[]): Promise<Ran> {
  return runGantryAs(nobody, checkout, args, { cwd: work, env: { GANTRY_HOME: home, DOCKER_HOST: '' } })
}

function expectFault(ran: Ran, code: number, words: RegExp): void {
  expect(ran.err).toMatch(words)
  expect({ code: ran.code, out: ran.out }).toEqual({ code, out: '' })
  expect(ran.err).toMatch(/^error: /m)
  expect(ran.err).not.toMatch(/^\s+at /m)
}

describe('gantry up', { timeout: 60_000 }, () => {
  test('says that there is no daemon at a socket, and makes nothing', async () => {
    expectFault(
      await gantry(['up', '--docker', join(work, 'none.sock')]),
      1,
      /cannot use the Docker daemon at .*none\.sock: it is not there: no such socket; /,
    )
    expect(existsSync(home)).toBe(false)
  })

  test('says that the socket may not be used, and how to get the right', async () => {
    const socket = join(work, 'root-only.sock')
    const server = createServer().listen(socket)
    await once(server, 'listening')
    chmodSync(socket, 0o600)
    try {
      expectFault(
        await asNobody(['up', '--docker', socket, '--home', join(work, 'mine')]),
        1,
        /root-only\.sock: it may not be used: permission denied; .*group docker/,
      )
    } finally {
      server.close()
    }
  })

  test('says that nats-server is too old, and makes nothing', async () => {
    const folder = join(work, 'old')
    mkdirSync(folder)
    writeFileSync(join(folder, 'nats-server'), '#!/bin/sh\necho "nats-server: v2.8.4"\n', { mode: 0o755 })
    expectFault(
      await gantry(['up'], { env: { PATH: `${folder}:${process.env['PATH'] ?? ''}` } }),
      1,
      /nats-server 2\.8\.4 .* is too old: gantry needs 2\.9 or newer; apt-get install nats-server/,
    )
    expect(existsSync(home)).toBe(false)
  })

  test('refuses a Docker daemon of another host', async () => {
    expectFault(
      await gantry(['up'], { env: { DOCKER_HOST: 'tcp://10.0.0.1:2375' } }),
      1,
      /DOCKER_HOST=tcp.* unix socket/,
    )
  })

  test('refuses names and addresses that cannot be', async () => {
    expectFault(await gantry(['up', '--node', 'Not A Name']), 64, /cannot be the name of a node/)
    expectFault(await gantry(['up', '--publish-address', 'everywhere']), 64, /is not an IP address/)
  })

  test('clears up what it made when a part does not start', async () => {
    // A home whose path a unix socket cannot hold: dockerd ends at once.
    const long = join(work, 'x'.repeat(120))
    const ran = await gantry(['up', '--own-docker', '--home', long])
    expectFault(ran, 1, /socket|dockerd/)
    expect(existsSync(long)).toBe(false)
  })
})

describe('without a cluster', () => {
  test.each([
    ['status'],
    ['plan'],
    ['apply', '--yes'],
    ['destroy', 'shop', '--yes'],
    ['logs', 'shop'],
    ['secret', 'list'],
  ])('gantry %s says that there is none', async (...args) => {
    writeFileSync(
      join(work, 'empty.stack.ts'),
      "import { stack } from 'gantry'\nexport default stack('empty', {}, () => {})\n",
    )
    expectFault(await gantry(args), 1, /there is no cluster in .*; start one with gantry up/)
  })

  test('down has nothing to do', async () => {
    expect((await gantry(['down'])).code).toBe(0)
  })

  test('with --json the error is one document, too', async () => {
    const { code, out } = await gantry(['status', '--json'])
    expect(code).toBe(1)
    expect(JSON.parse(out)).toMatchObject({ format_version: 1, error: { exit: 1 } })
  })

  test('a damaged cluster file is named', async () => {
    const damaged = join(work, 'damaged')
    mkdirSync(damaged)
    writeFileSync(join(damaged, 'cluster.json'), '{"format":1')
    expectFault(await gantry(['status', '--home', damaged]), 1, /cluster\.json is damaged: it is not JSON/)
  })
})

describe('a stack file', () => {
  test('that is not there', async () => {
    expectFault(await gantry(['check', 'nowhere.ts']), 1, /cannot open nowhere\.ts: no such file or folder/)
  })

  test('that may not be read', async () => {
    const folder = join(work, 'locked')
    mkdirSync(folder)
    writeFileSync(join(folder, 'stack.ts'), 'export default 1\n', { mode: 0o600 })
    const ran = await asNobody(['check', folder])
    expect({ code: ran.code, out: ran.out }).toEqual({ code: 1, out: '' })
    expect(ran.err).toMatch(/stack\.ts.*permission denied|EACCES/i)
    expect(ran.err).not.toMatch(/^\s+at /m)
  })
})

describe('wrong usage ends with 64', () => {
  test.each([
    { args: ['frobnicate'], words: /unknown command 'frobnicate'/ },
    { args: ['plan', '--frob'], words: /unknown option '--frob'/ },
    { args: ['check', '--input', 'x'], words: /not of the form name=value/ },
    { args: ['status', 'Not/A/Selector'], words: /points at nothing/ },
    { args: ['apply', '--timeout', 'soon'], words: /not a span of time/ },
    { args: ['--color', 'sometimes', 'status'], words: /Allowed choices are auto, always, never/ },
    { args: ['run'], words: /missing required argument 'job'/ },
    { args: ['explain', 'GT9999'], words: /there is no diagnostic "GT9999"/ },
  ])('gantry $args', async ({ args, words }) => {
    const { code, err } = await gantry(args)
    expect(err).toMatch(words)
    expect(code).toBe(64)
  })

  test('and so does gantry alone, which shows what there is', async () => {
    const { code, err } = await gantry([])
    expect(code).toBe(64)
    expect(err).toMatch(/Usage: gantry/)
  })

  test('help and version end with 0, on stdout', async () => {
    for (const args of [['--help'], ['apply', '--help'], ['help', 'logs'], ['--version'], ['version']]) {
      const { code, out, err } = await gantry(args)
      expect({ args, code, err }).toEqual({ args, code: 0, err: '' })
      for (const line of out.split('\n')) expect(line.length, line).toBeLessThanOrEqual(80)
    }
  })
})
