import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { templateHash } from '../../model/index.ts'
import { compile } from '../testing.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gantry-text-'))
  await writeFile(join(folder, 'shop.stack.ts'), shop)
})
afterAll(() => rm(folder, { recursive: true }))

const shop = `import { http, input, job, service, stack, tcp, text } from 'gantry'

export default stack('shop', { number: input.number() }, ({ number }) => {
  const db = service('db', { image: 'postgres:17', ports: { pg: tcp(number), admin: http(80) } })
  const url = text\`pg://\${db.ports.pg}/shop\`
  service('api', { image: 'shop/api:1', env: { URL: text\`\${url}?x\`, ADMIN: db.ports.admin } })
  service('web', { image: 'shop/web:1', env: { ADMIN: db.ports.admin, PGHOST: db.ports.pg.host } })
  service('old', { image: 'shop/old:1', env: { PGPORT: db.ports.pg.number, DSN: text\`port=\${db.ports.pg.number} host=\${db.ports.pg.host}\` } })
  job('seed', { image: 'shop/seed:1', env: { DB: db.ports.pg } })
})
`

test('a reference to a port brings its number, so that a change of it is one of who refers to it', async () => {
  const of = async (number: string) => (await compile(join(folder, 'shop.stack.ts'), { number })).document
  const before = await of('5432')
  const pg = { endpoint: { service: 'db', port: 'pg', container: 5432 } }
  const admin = { endpoint: { service: 'db', port: 'admin', container: 80 } }
  expect(before.services['api']?.template.env).toEqual({
    URL: { text: ['pg://', pg, '/shop?x'] },
    ADMIN: { text: [admin] },
  })
  expect(before.jobs['seed']?.template.env).toEqual({ DB: { text: [pg] } })
  const host = { host: { service: 'db', port: 'pg' } }
  const portNumber = { portNumber: { service: 'db', port: 'pg', container: 5432 } }
  expect(before.services['web']?.template.env).toEqual({ ADMIN: { text: [admin] }, PGHOST: { text: [host] } })
  expect(before.services['old']?.template.env).toEqual({
    PGPORT: { text: [portNumber] },
    DSN: { text: ['port=', portNumber, ' host=', host] },
  })
  expect(before.services['old']?.reaches).toEqual([{ service: 'db', port: 'pg' }])

  const after = await of('5433')
  const changed = (group: 'services' | 'jobs') =>
    Object.keys(before[group]).filter((name) => {
      const [was, is] = [before[group][name]?.template, after[group][name]?.template]
      return was && is && templateHash(was) !== templateHash(is)
    })
  expect(changed('services')).toEqual(['db', 'api', 'old'])
  expect(changed('jobs')).toEqual(['seed'])
})
