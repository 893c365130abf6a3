// A check of a part says what a check of everything says: over a table of edits, and over random ones in a row.

import fc from 'fast-check'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Sandbox } from '../sandbox/sandbox.ts'
import { Outliner } from '../typescript/outline.ts'
import { checkPart, groundOf } from './part.ts'
import type { Ground } from './part.ts'
import { checkWhole } from './whole.ts'
import type { Base, Subject } from './whole.ts'

const program = `import { build, cron, every, http, ingress, input, job, place, scale, secret, service, stack, tcp, text, volume } from 'gantry'
import { sidecar, tags } from './lib.ts'

const limits = { cpu: '100m', memory: '64Mi' } as const

export default stack('shop', { stage: input.oneOf('dev', 'prod') }, ({ stage }) => {
  const password = secret('password')
  const data = volume('data', { size: '1Gi' })
  const db = service('db', {
    image: 'postgres:17',
    onLost: 'fence',
    ports: { pg: tcp(5432) },
    mounts: { '/data': data },
    env: { PASSWORD_FILE: password.file },
  })
  const url = text\`postgres://\${db.ports.pg}/shop\`
  const common = { LOG: stage === 'prod' ? 'info' : 'debug', URL: url }
  const api = service('api', {
    image: 'shop/api:2.1',
    ports: { http: http(8080), metrics: http(9090) },
    env: { ...common, ROLE: 'api' },
    resources: limits,
    replicas: scale({ min: 1, max: stage === 'prod' ? 9 : 2 })\`cpu > 70% for 1m => +50%\`,
    placement: place\`require node.os == "linux"; avoid \${db} weight 20\`,
    dependsOn: [db],
  })
  const web = service('web', { image: \`shop/web:\${tags.web}\`, ports: { http: http(80) }, env: { API: text\`\${api.ports.http}\` } })
  for (const name of ['east', 'west']) service(name, { image: 'shop/edge:1', env: { WEB: text\`\${web.ports.http}\` } })
  sidecar('shipper', url)
  const once = job('migrate', { image: 'shop/migrate:2.1', env: { URL: url } })
  service('late', { image: 'shop/late:1', dependsOn: [once] })
  cron('report', { image: 'shop/report:1', schedule: every\`weekday at 02:30\`, env: { URL: url } })
  ingress('public', { host: 'shop.example', routes: { '/': web.ports.http } })
  // Die Größe zählt.
  service('last', { image: 'shop/last:1', env: { NAME: 'zürich' } })
})
`

const library = `import { service } from 'gantry'
import type { Text } from 'gantry'

export const tags = { web: '2.1' } as const

export function sidecar(name: string, url: Text) {
  return service(name, { image: 'shop/ship:1', env: { URL: url } })
}
`

const folder = mkdtempSync(join(tmpdir(), 'gantry-part-'))
const subject: Subject = {
  file: join(folder, 'shop.stack.ts'),
  entry: 'shop.stack.ts',
  inputs: {},
  deadlineMs: 10_000,
}
let sandbox: Sandbox

beforeAll(() => {
  mkdirSync(folder, { recursive: true })
  writeFileSync(subject.file, program)
  writeFileSync(join(folder, 'lib.ts'), library)
  sandbox = new Sandbox()
})
afterAll(async () => {
  await sandbox.close()
  rmSync(folder, { recursive: true, force: true })
})

const whole = (text: string): Promise<Base> =>
  checkWhole(subject, new Map([[subject.entry, text]]), () => sandbox)

async function groundFor(text: string, outliner: Outliner): Promise<Ground> {
  const ground = groundOf(await whole(text), outliner)
  if (!ground) throw new Error('the program gives no ground')
  return ground
}

const part = (ground: Ground, outliner: Outliner, text: string) =>
  checkPart({
    ground,
    outliner,
    subject,
    texts: new Map([[subject.entry, text]]),
    sandbox: () => sandbox,
    isRehearsal: false,
  })

type Edit = readonly [name: string, from: string, to: string]

/** Each is answered by a part. */
const edits: readonly Edit[] = [
  ['another image', "'postgres:17'", "'postgres:18'"],
  ['an image without a version', "'postgres:17'", "'postgres'"],
  ['a size that is none', "size: '1Gi'", "size: '1GB'"],
  ['a field that does not exist', "image: 'shop/last:1'", "image: 'shop/last:1', replcas: 2"],
  ['a condition that is wrong for one value of an input', "'prod' ? 9 : 2", "'prod' ? 9 : 0"],
  ['a mistake in a small language', 'node.os ==', 'node.os ='],
  ['a step that is none', '=> +50%', '=> 50'],
  ['another name of a service', "service('db'", "service('database'"],
  ['a name that is there already', "service('late'", "service('api'"],
  ['a name that is there already, further up', "service('api'", "service('late'"],
  ['another kind of port', 'http(80)', 'tcp(80)'],
  ['a published port', 'http(80)', 'http(80, { published: 80 })'],
  ['another access of the volume', "size: '1Gi'", "size: '1Gi', access: 'shared'"],
  [
    'a second writer',
    "service('late', { image: 'shop/late:1'",
    "service('late', { image: 'shop/late:1', mounts: { '/d': data }",
  ],
  ['another constant that is spread', 'LOG: stage', 'LOGS: stage'],
  [
    'a statement more',
    "  sidecar('shipper'",
    "  service('extra', { image: 'shop/extra:1' })\n  sidecar('shipper'",
  ],
  ['a comment', '  // Die Größe zählt.', '  // Die Größe zählt nicht.'],
  ['a word in another language', 'zürich', 'Genève 日本'],
  ['an argument of a function of another module', "'shipper', url", "'shipper', 'url'"],
  ['a schedule that is none', 'weekday at 02:30', 'weekday at 25:30'],
]

/** Each may change the meaning of everything, or ends the program before its end, and is left to the whole. */
const wide: readonly Edit[] = [
  ['an import', 'build, cron', 'cron'],
  ['a route to nothing', 'web.ports.http } })\n  //', 'web.ports.htp } })\n  //'],
  ['a secret that would become text', 'password.file', '`${password}`'],
  ['the name of a constant everywhere but once', 'const web =', 'const site ='],
  ['a use before the declaration', 'dependsOn: [db]', 'dependsOn: [web]'],
  ['a statement less', "  service('last', { image: 'shop/last:1', env: { NAME: 'zürich' } })\n", ''],
  [
    'a declaration that is used less',
    "  const once = job('migrate', { image: 'shop/migrate:2.1', env: { URL: url } })\n",
    '',
  ],
  ['what does not parse', 'const once = job', 'const once once = job'],
  ['an input', "'dev', 'prod'", "'dev', 'test', 'prod'"],
  ['a constant of the module', "cpu: '100m'", "cpu: '100'"],
  ['a loop', "['east', 'west']", "['east', 'north']"],
]

describe('on top of a whole', () => {
  let outliner: Outliner
  let ground: Ground
  beforeAll(async () => {
    outliner = new Outliner()
    ground = await groundFor(program, outliner)
    expect(ground.base.result).toMatchObject({ ok: true })
  })

  test.each(edits)('%s is told as the whole tells it', async (_, from, to) => {
    const text = program.replace(from, to)
    expect(text).not.toBe(program)
    const answer = await part(ground, outliner, text)
    expect(answer?.result).toEqual((await whole(text)).result)
  })

  test.each(wide)('%s is left to the whole', async (_, from, to) => {
    expect(await part(ground, outliner, program.replace(from, to))).toBeNull()
  })

  test('mistakes elsewhere stay where they were, and move with their statements', async () => {
    const before = program.replace("'shop/last:1'", "'shop/last'").replace("size: '1Gi'", "size: '1GB'")
    const own = new Outliner()
    const base = await groundFor(before, own)
    for (const text of [
      before.replace("'postgres:17'", "'postgres:18',\n    replicas: 1"),
      before.replace("'postgres:17'", "'postgres'"),
      before.replace("'shop/last'", "'shop/last:1'"),
    ]) {
      const answer = await part(base, own, text)
      expect(answer?.result).toEqual((await whole(text)).result)
    }
  })

  test('templates that no run reads are told once, and where they are now', async () => {
    const before = program
      .replace('const limits =', "const far = place`require node.zone = 'a'`\nconst limits =")
      .replace(
        "  sidecar('shipper'",
        '  const near = place`require node.oss == "linux"`\n  sidecar(\'shipper\'',
      )
    const own = new Outliner()
    const base = await groundFor(before, own)
    expect(base.base.result).toMatchObject({
      ok: false,
      diagnostics: [{ code: 'GT3102' }, { code: 'GT3103' }],
    })
    for (const text of [
      before.replace("'postgres:17'", "'postgres:18',\n    replicas: 1"),
      before.replace('node.oss', 'node.os'),
      before.replace('near = place`', 'near = place`\n    '),
      before.replace("  sidecar('shipper'", "  const more = every`weekday at 25:30`\n  sidecar('shipper'"),
      before.replace("const once = job('migrate'", "const on = place`require`\n  const once = job('migrate'"),
    ]) {
      const answer = await part(base, own, text)
      expect(answer?.result).toEqual((await whole(text)).result)
    }
  })
})

const all = [...edits, ...wide]

test('random edits in a row are told as the whole tells them', async () => {
  const indexes = fc.array(fc.nat(all.length - 1), { minLength: 1, maxLength: 4 })
  await fc.assert(
    fc.asyncProperty(indexes, indexes, async (first, second) => {
      const apply = (text: string, chosen: readonly number[]): string =>
        chosen.reduce((each, index) => {
          const [, from, to] = all[index] ?? ['', '', '']
          return each.replace(from, to)
        }, text)
      const outliner = new Outliner()
      const before = apply(program, first)
      const base = groundOf(await whole(before), outliner)
      fc.pre(base !== null)
      const after = apply(before, second)
      const answer = await part(base, outliner, after)
      if (answer) expect(answer.result).toEqual((await whole(after)).result)
    }),
    { numRuns: 25 },
  )
}, 120_000)
