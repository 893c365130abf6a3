// Programs that are made from the vocabulary: every word and every field may come, with values that fit and values that
// do not, in loops, branches and functions. Most of them parse; few of them are right.

import fc from 'fast-check'
import { fieldNames, isWord } from '../../src/compiler/vocabulary.ts'

const words = ['service', 'job', 'cron', 'volume', 'secret', 'config', 'ingress'] as const

/** Right for some field, so that a part of what is made goes far. */
const texts = [
  'postgres:17', 'shop/api:2.1', 'dev', 'http', '/healthz', '/var/lib/data', '512Mi', '1.5Gi', '250m', '30s', '25%', '-5Mi',
  '05s', 'single-writer', 'shared', 'per-replica', 'start-first', 'rollback', 'always', 'fence', 'UTC', 'Europe/Amsterdam',
  '30 2 * * 1-5', '', 'Bad Name', '__proto__', 'constructor', '\\u0000', 'ä\\u{1F600}', 'NET_ADMIN', 'shop.example', '0444',
] // prettier-ignore

const templates = [
  'place`require node.labels.disk == "ssd"; spread zone; max 2 per node`', 'place`avoid ${v0} weight 20`', 'place`${v1}`',
  'text`http://${v0.ports.http}/${v1}`', 'text`${v0}${v1}${v2}`', 'every`weekday at 02:30`', "every('*/5 * * * *')", 'every`day at 02:30 keep 7`',
  'gate`errors < 1% && p99 < 300ms for 2m`', 'scale({ min: 1, max: 3 })`cpu > 70% for 1m => +50%`', 'scale({ min: 0, max: v0 })`queue("a") / 50`',
  'http(80)', 'tcp(5432, { published: 80 })', 'udp(0)', 'grpc(1e9)', "build('./api')", 'route(v0.ports.http)', "outputs('other').api",
] // prettier-ignore

const name = fc.constantFrom('a', 'b', 'web', 'db-1', 'Web', 'x-', '', 'a'.repeat(50))
const quoted = (text: string) => `'${text}'`

const handle = fc.oneof(
  fc.nat(4).map((index) => `v${index}`),
  fc
    .tuple(
      fc.nat(4),
      fc.constantFrom(
        '.file',
        '.env',
        '.ports',
        '.ports.http',
        '.ports.pg',
        '.readOnly()',
        '.name',
        '[0]',
        '?.x',
      ),
    )
    .map(([index, member]) => `v${index}${member}`),
)

const plain = fc.oneof(
  fc.constantFrom(...texts).map(quoted),
  fc.constantFrom(
    '0',
    '1',
    '2',
    '80',
    '-1',
    '1.5',
    'NaN',
    '1e21',
    'true',
    'false',
    'null',
    'undefined',
    '1n',
    '[]',
    '{}',
    '() => 1',
  ),
  handle,
  fc.constantFrom(...templates),
  fc.constantFrom(
    'stage',
    'count',
    'name',
    "'--t=' + v1",
    '`${v1}`',
    'String(v2)',
    '[v1].join()',
    'JSON.stringify(v0)',
    'rest[0]',
  ),
)

/** Fields of a word at a place, as an object that is written. */
function objectOf(word: string, within: readonly string[], depth: number): fc.Arbitrary<string> {
  const known = isWord(word) ? fieldNames(word, within) : []
  const field = fc.oneof(
    {
      weight: 8,
      arbitrary: fc.constantFrom(...(known.length > 0 ? known : ['http', 'pg', "'/data'", 'URL'])),
    },
    {
      weight: 1,
      arbitrary: fc.constantFrom('nothing', "'9'", "'__proto__'", "['http']", "['a' + stage]", 'toString'),
    },
  )
  const member = field.chain((key) =>
    valueOf(word, [...within, key], depth).map((value) => `${key}: ${value}`),
  )
  return fc
    .array(
      fc.oneof(
        { weight: 9, arbitrary: member },
        { weight: 1, arbitrary: fc.constantFrom('...rest[0]', '...v0', '...options', 'name') },
      ),
      {
        maxLength: 6,
      },
    )
    .map((members) => `{ ${members.join(', ')} }`)
}

function valueOf(word: string, within: readonly string[], depth: number): fc.Arbitrary<string> {
  if (depth === 0) return plain
  return fc.oneof(
    { weight: 4, arbitrary: plain },
    { weight: 3, arbitrary: fc.constant(null).chain(() => objectOf(word, within, depth - 1)) },
    {
      weight: 1,
      arbitrary: fc
        .array(
          fc.oneof(
            plain,
            fc.constant(null).chain(() => objectOf(word, [...within, '0'], depth - 1)),
          ),
          { maxLength: 3 },
        )
        .map((items) => `[${items.join(', ')}]`),
    },
    { weight: 1, arbitrary: fc.tuple(plain, plain).map(([a, b]) => `(stage === 'prod' ? ${a} : ${b})`) },
    { weight: 1, arbitrary: plain.map((value) => `(${value} as never)`) },
  )
}

const call = fc.constantFrom(...words).chain((word) =>
  fc
    .tuple(
      fc.oneof({ weight: 5, arbitrary: name.map(quoted) }, { weight: 1, arbitrary: plain }),
      objectOf(word, [], 3),
      fc.boolean(),
    )
    .map(([named, options, isRight]) => {
      const image =
        isRight && ['service', 'job', 'cron'].includes(word)
          ? options.replace('{', "{ image: 'a:1',")
          : options
      return `${word}(${named}, ${image})`
    }),
)

const statement = fc.oneof(
  { weight: 6, arbitrary: call },
  {
    weight: 1,
    arbitrary: fc.tuple(name, call).map(([each, made]) => `helper('${each}', {}, () => ${made})`),
  },
  {
    weight: 1,
    arbitrary: fc
      .tuple(fc.nat(3), call)
      .map(([count, made]) => `Array.from({ length: ${count} }, (_, n) => ${made})[0]`),
  },
  { weight: 1, arbitrary: call.map((made) => `(stage === 'prod' ? ${made} : undefined)`) },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      "ack('GT4001', 'why')",
      "stack('x', {}, () => {})",
      'helper(name)',
      'count()',
      '(() => { throw v0 })()',
    ),
  },
)

export const programs: fc.Arbitrary<string> = fc
  .tuple(
    fc.array(statement, { minLength: 1, maxLength: 5 }),
    fc.constantFrom('', 'return { api: v0.ports.http }', 'return v0', 'return { a: v1 }'),
  )
  .map(
    ([
      statements,
      end,
    ]) => `import { ack, build, config, cron, every, gate, grpc, http, ingress, input, job, outputs, place, route, scale, secret, service, stack, tcp, text, udp, volume } from 'gantry'

const name = 'shared'
const options = { memory: '64Mi', replicas: 2 } as const

function helper(name: string, options: object = {}, ...rest: readonly (() => unknown)[]) {
  rest[0]?.()
  return service(name, { image: 'a:1', ports: { http: http(80) }, ...options })
}

export default stack('fuzz', { stage: input.oneOf(['dev', 'prod'], { default: 'prod' }), count: input.number({ default: 3 }) }, ({ stage, count }) => {
  const rest = [{ replicas: count }] as const
${statements.map((each, index) => `  const v${index} = ${each}`).join('\n')}
  ${end}
})
`,
  )
