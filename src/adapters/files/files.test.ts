// Small files on a real disk: whole or absent, never half; secrets readable by one user only.
import {
  chmod,
  lstat,
  mkdir,
  mkdtemp,
  readFile,
  readdir,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { recordLines } from '../../../test/support/nats.ts'
import { StoreDamage } from '../../agent/index.ts'
import { Fault } from '../../model/index.ts'
import {
  createFileAtomically,
  openAgentStore,
  openSecretFiles,
  readJson,
  writeFileAtomically,
} from './index.ts'
import type { SealOpener } from './index.ts'

let folder: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gantry-files-'))
})
afterEach(() => rm(folder, { recursive: true }))

const isRoot = process.geteuid?.() === 0

describe('writeFileAtomically', () => {
  test('replaces the file whole, with the mode asked for, and leaves nothing beside it', async () => {
    const path = join(folder, 'new', 'file')
    await writeFileAtomically(path, 'one')
    await writeFileAtomically(path, 'two', 0o644)
    expect(await readFile(path, 'utf8')).toBe('two')
    expect((await stat(path)).mode & 0o777).toBe(0o644)
    expect(await readdir(join(folder, 'new'))).toEqual(['file'])
  })

  test('says where and why it cannot, and leaves nothing beside it', async () => {
    await mkdir(join(folder, 'taken'))
    await expect(writeFileAtomically(join(folder, 'taken'), 'x')).rejects.toThrow(
      `cannot write ${join(folder, 'taken')}: `,
    )
    expect(await readdir(folder)).toEqual(['taken'])
  })

  test('of many that create a file at once exactly one does, and its content stays', async () => {
    const path = join(folder, 'once')
    const made = await Promise.all(
      Array.from({ length: 20 }, async (_, index) => ({
        index,
        isNew: await createFileAtomically(path, String(index)),
      })),
    )
    const winners = made.filter(({ isNew }) => isNew)
    expect(winners.map(({ index }) => String(index))).toEqual([await readFile(path, 'utf8')])
    expect(await readdir(folder)).toEqual(['once'])
  })
})

describe('readJson', () => {
  const schema = z.strictObject({ port: z.int() })

  test('gives what fits, null when there is none, and a fault that says what does not fit', async () => {
    const path = join(folder, 'settings.json')
    expect(await readJson(path, schema, 'the settings file')).toBeNull()
    await writeFile(path, '{"port":1}')
    expect(await readJson(path, schema, 'the settings file')).toEqual({ port: 1 })
    await writeFile(path, '{"port":')
    await expect(readJson(path, schema, 'the settings file')).rejects.toThrow(
      `the settings file ${path} is damaged: it is not JSON; remove it`,
    )
    await writeFile(path, '{"port":"x"}')
    await expect(readJson(path, schema, 'the settings file')).rejects.toThrow(/damaged: .*port/)
    await expect(readJson(folder, schema, 'the settings file')).rejects.toBeInstanceOf(Fault)
  })
})

describe('the agent’s store', () => {
  test('gives back what was saved last, null before that, and sets aside what is damaged', async () => {
    const store = openAgentStore(join(folder, 'agent'))
    expect(await store.load('assignments')).toBeNull()
    await store.save('assignments', { version: 1 })
    await store.save('assignments', { version: 2 })
    await store.save('identity', { id: 'n1' })
    const again = openAgentStore(join(folder, 'agent'))
    expect(await again.load('assignments')).toEqual({ version: 2 })
    expect(await again.load('identity')).toEqual({ id: 'n1' })
    await writeFile(join(folder, 'agent', 'assignments.json'), '{')
    await expect(again.load('assignments')).rejects.toThrow('is damaged: it is not JSON')
    await expect(again.load('assignments')).rejects.toBeInstanceOf(StoreDamage)
    const keptAs = await again.setAside('assignments')
    expect(await readFile(keptAs, 'utf8')).toBe('{')
    expect(await again.load('assignments')).toBeNull()
  })
})

const value = (text: string) => new TextEncoder().encode(text)

describe('secret files', () => {
  const opener: SealOpener = { publicKey: 'XKEY', open: (sealed) => Buffer.from(sealed, 'base64') }
  const sealed = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64')

  async function open() {
    const logger = recordLines()
    const files = await openSecretFiles({ root: join(folder, 'secrets'), opener, logger })
    return { files, logger }
  }

  test('are for their owner alone, are replaced whole, and go when they are not asked for any more', async () => {
    const { files } = await open()
    expect(files.sealKey).toBe('XKEY')
    const at = await files.write(
      'hello.api.1.a',
      new Map([
        ['token', value('one')],
        ['old', value('x')],
      ]),
      null,
    )
    expect(at).toBe(join(folder, 'secrets', 'hello.api.1.a'))
    expect((await stat(join(folder, 'secrets'))).mode & 0o777).toBe(0o700)
    expect((await stat(at)).mode & 0o777).toBe(0o700)
    expect((await stat(join(at, 'token'))).mode & 0o777).toBe(0o400)
    const before = (await stat(at)).ino
    await files.write('hello.api.1.a', new Map([['token', value('two')]]), null)
    expect(await readFile(join(at, 'token'), 'utf8')).toBe('two')
    expect(await readdir(at)).toEqual(['token'])
    expect((await stat(at)).ino).toBe(before) // a container has the folder itself mounted
    await files.write('hello.api.2.b', new Map([['token', value('x')]]), null)
    expect(await files.list()).toEqual(['hello.api.1.a', 'hello.api.2.b'])
    await files.remove('hello.api.1.a')
    await files.remove('hello.api.1.a')
    expect(await files.list()).toEqual(['hello.api.2.b'])
  })

  test.skipIf(!isRoot)('belong to the user the container runs as', async () => {
    const { files } = await open()
    const at = await files.write('hello.api.1.a', new Map([['token', value('one')]]), 1234)
    expect((await stat(at)).uid).toBe(1234)
    expect((await stat(join(at, 'token'))).uid).toBe(1234)
    await files.write('hello.api.1.a', new Map([['token', value('two')]]), null)
    expect((await stat(join(at, 'token'))).uid).toBe(0)
  })

  test('cannot be written outside their folder', async () => {
    const { files } = await open()
    await expect(files.write('../x', new Map(), null)).rejects.toThrow('a task cannot be named ../x')
    await expect(files.write('a', new Map([['../x', value('')]]), null)).rejects.toThrow(
      'cannot be named ../x',
    )
    await expect(files.remove('..')).rejects.toThrow('a task cannot be named ..')
  })

  test.each([
    { name: 'text', bytes: value('pässword\n') },
    { name: 'a byte order mark', bytes: value('\ufeffx') },
    { name: 'what is not text', bytes: Uint8Array.of(0xff, 0xfe, 0, 0x0a) },
    {
      name: 'every byte there is, up to the limit',
      bytes: Uint8Array.from({ length: 65536 }, (_, at) => at),
    },
  ])('hold $name exactly as it was sealed', async ({ bytes }) => {
    const { files } = await open()
    const opened = files.open(sealed(bytes))
    expect(Buffer.from(opened).equals(bytes)).toBe(true)
    const at = await files.write('hello.api.1.a', new Map([['token', opened]]), null)
    expect((await readFile(join(at, 'token'))).equals(bytes)).toBe(true)
  })

  test('says once in the log that a folder on a disk is not memory', async () => {
    const { files, logger } = await open()
    const memory = await openSecretFiles({
      root: `/dev/shm/gantry-test-${process.pid}`,
      opener,
      logger: recordLines(),
    })
    expect(memory.isInMemory).toBe(true)
    await rm(`/dev/shm/gantry-test-${process.pid}`, { recursive: true })
    expect(logger.lines.length).toBe(files.isInMemory ? 0 : 1)
  })

  test('are not put in a folder that is a link, or another user’s', async () => {
    await mkdir(join(folder, 'elsewhere'))
    await symlink(join(folder, 'elsewhere'), join(folder, 'secrets'))
    await expect(open()).rejects.toThrow('cannot hold secret files: it is not a folder')
    expect((await lstat(join(folder, 'secrets'))).isSymbolicLink()).toBe(true)
    await chmod(join(folder, 'elsewhere'), 0o700)
  })
})
