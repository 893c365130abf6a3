import { expect, test } from 'vitest'
import type { Assignment } from '../model/index.ts'
import { RuntimeFailure } from './ports.ts'
import { containerRequest, needsImageUser, ownerOf, secretFilesOf } from './request.ts'
import type { Surroundings } from './request.ts'
import { assignmentOf } from './testing.ts'

const bytes = (text: string) => new TextEncoder().encode(text)

const base = assignmentOf()
const around: Surroundings = {
  cluster: 'cluster1',
  node: 'n1',
  term: 4,
  attempt: 2,
  streak: 1,
  secrets: new Map([['token', bytes('s3cret')]]),
  secretFolder: null,
}

test('a value is put together from text, secrets and endpoints', () => {
  const assignment = assignmentOf({
    template: {
      ...base.template,
      env: {
        URL: {
          text: [
            'postgres://app:',
            { secret: 'token' },
            '@',
            { endpoint: { service: 'db', port: 'pg', container: 5432 } },
            '/shop',
          ],
        },
        FILE: { secretFile: 'token' },
        PGHOST: { text: [{ host: { service: 'db', port: 'pg' } }] },
        PGPORT: { text: [{ portNumber: { service: 'db', port: 'pg', container: 5432 } }] },
      },
    },
  })
  expect(containerRequest(assignment, around).env).toEqual({
    URL: 'postgres://app:s3cret@db.hello.internal:5432/shop',
    FILE: '/run/secrets/token',
    PGHOST: 'db.hello.internal',
    PGPORT: '5432',
  })
  expect([...secretFilesOf(assignment, around.secrets)]).toEqual([['token', bytes('s3cret')]])
})

test('what it lacks is said by name', () => {
  const template = { ...base.template, env: { X: { text: [{ secret: 'other' }] } } }
  expect(() => containerRequest(assignmentOf({ template }), around)).toThrow(
    'the secret other has no value; set it: gantry secret set hello/other',
  )
  expect(() =>
    secretFilesOf(assignmentOf({ template: { ...base.template, secretFiles: ['x'] } }), new Map()),
  ).toThrow('the secret x has no value')
})

test.each([
  { name: 'bytes that are not UTF-8', value: Uint8Array.of(0x73, 0x33, 0x63, 0xff) },
  { name: 'a NUL', value: bytes('s3c\0ret') },
])('$name can be had as a file, and are refused in a variable without being shown', ({ value }) => {
  const secrets = new Map([['token', value]])
  const withEnv = (env: Assignment['template']['env']) =>
    assignmentOf({ template: { ...base.template, env } })
  const asFile = withEnv({ FILE: { secretFile: 'token' } })
  expect([...secretFilesOf(asFile, secrets)]).toEqual([['token', value]])
  expect(containerRequest(asFile, { ...around, secrets }).env).toEqual({ FILE: '/run/secrets/token' })
  const refusal =
    'the variable URL cannot hold the value of the secret token, which is not text in UTF-8 or has a NUL in it; hand over its file, or set another value: gantry secret set hello/token'
  const asText = withEnv({ URL: { text: ['x', { secret: 'token' }] } })
  expect(() => containerRequest(asText, { ...around, secrets })).toThrow(
    new RuntimeFailure('refused', refusal),
  )
})

test('a label of the stack never passes for one of gantry’s', () => {
  const template = { ...base.template, labels: { team: 'shop', 'gantry.task': 'forged' } }
  expect(containerRequest(assignmentOf({ template }), around).labels).toEqual({
    team: 'shop',
    'gantry.cluster': 'cluster1',
    'gantry.node': 'n1',
    'gantry.stack': 'hello',
    'gantry.service': 'web',
    'gantry.kind': 'service',
    'gantry.task': 'hello.web.1.a',
    'gantry.slot': '1',
    'gantry.revision': '1',
    'gantry.term': '4',
    'gantry.attempt': '2',
    'gantry.streak': '1',
    'gantry.grace': '10000',
  })
})

test('the same assignment and attempt ask for the same container', () => {
  expect(containerRequest(base, around)).toEqual(containerRequest(assignmentOf(), around))
  expect(containerRequest(base, around)).toMatchObject({
    name: 'hello.web.1.a-r2',
    hostname: 'web-1',
    network: 'gantry.cluster1.hello',
  })
})

test('mounts are the volumes, and the secrets’ folder read-only', () => {
  const template = { ...base.template, mounts: { '/data': { volume: 'data', readOnly: true } } }
  expect(containerRequest(assignmentOf({ template }), { ...around, secretFolder: '/run/x' }).mounts).toEqual([
    { kind: 'volume', volume: 'gantry.cluster1.hello.data', target: '/data', readOnly: true },
    { kind: 'bind', source: '/run/x', target: '/run/secrets', readOnly: true },
  ])
})

test.each([
  { user: '1000', image: null, owner: 1000 },
  { user: '1000:1000', image: null, owner: 1000 },
  { user: '1000:staff', image: 'app', owner: 1000 },
  { user: '0', image: '1000', owner: null },
  { user: 'root', image: '1000', owner: null },
  { user: undefined, image: '1000', owner: 1000 },
  { user: undefined, image: '65534:65534', owner: 65534 },
  { user: undefined, image: 'root:root', owner: null },
  { user: undefined, image: ':1000', owner: null },
  { user: undefined, image: '', owner: null },
  { user: undefined, image: null, owner: null },
])('secret files for the user $user of an image that runs as $image belong to $owner', (given) => {
  const user = given.user === undefined ? {} : { user: given.user }
  const assignment = assignmentOf({ template: { ...base.template, ...user } })
  expect(ownerOf(assignment, given.image)).toBe(given.owner)
})

test.each([
  { user: 'app', image: '1000', who: "hello/web runs as 'app'" },
  { user: 'app:1000', image: null, who: "hello/web runs as 'app'" },
  { user: undefined, image: 'app', who: "the image web:1 runs as 'app'" },
  { user: undefined, image: 'node:node', who: "the image web:1 runs as 'node'" },
])('no secret file is given to the user $user of an image that runs as $image', (given) => {
  const user = given.user === undefined ? {} : { user: given.user }
  const assignment = assignmentOf({ template: { ...base.template, ...user } })
  expect(() => ownerOf(assignment, given.image)).toThrow(
    `${given.who}, and the number of that user, to whom its secret files are to belong, is known inside the image only; write the number in the stack, such as user: '1000'`,
  )
})

test.each([
  { name: 'without secret files', given: {}, expected: false },
  {
    name: 'with a secret in a variable',
    given: { env: { A: { text: [{ secret: 'a' }] } } },
    expected: false,
  },
  { name: 'with a secret file', given: { secretFiles: ['a'] }, expected: true },
  { name: 'with the path of one', given: { env: { A: { secretFile: 'a' } } }, expected: true },
  { name: 'with one, and a user', given: { secretFiles: ['a'], user: 'app' }, expected: false },
])('the user of its image matters to a task $name: $expected', ({ given, expected }) =>
  expect(needsImageUser(assignmentOf({ template: { ...base.template, ...given } }))).toBe(expected),
)

test('a volume that is memory is mounted as such, with its size, and any other by its name', () => {
  const mounts = {
    '/data': { volume: 'data', readOnly: false },
    '/cache': { volume: 'cache', readOnly: true },
  }
  const assignment = assignmentOf({
    template: { ...base.template, mounts },
    memoryVolumes: { cache: 1024 },
  })
  expect(containerRequest(assignment, around).mounts).toEqual([
    { kind: 'volume', volume: 'gantry.cluster1.hello.data', target: '/data', readOnly: false },
    { kind: 'memory', size: 1024, target: '/cache', readOnly: true },
  ])
})

test('what the kernel and the engine are told is passed on as it is', () => {
  const options = {
    groups: ['44'],
    capabilities: { add: ['NET_ADMIN'], drop: [] },
    privileged: true as const,
    sysctls: { 'net.core.somaxconn': '1' },
    seccomp: 'unconfined',
    apparmor: 'unconfined',
    runtime: 'runc',
    init: true,
    logging: { driver: 'local', options: {} },
  }
  const limits = { memoryLimit: 2, pids: 3, shm: 4, ulimits: {}, devices: [] }
  const assignment = assignmentOf({
    template: { ...base.template, ...options, resources: { ...base.template.resources, ...limits } },
  })
  expect(containerRequest(assignment, around).options).toEqual({ ...options, ...limits })
  expect(containerRequest(base, around).options).toEqual({})
})
