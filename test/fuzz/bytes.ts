// Anything at all: as a file, and as the text of the small languages.

import fc from 'fast-check'

const fragments = fc.constantFrom(
  'require ', 'node.labels.', '==', '!=', '"ssd"', ' in (', ')', ';', 'spread zone', 'max 2 per node', 'avoid ', '${db}', '${token}', 'weight ',
  '50', 'cpu > 70%', 'for 1m', '=> +50%', '=> -1', 'queue("orders") / ', 'p99 < 300ms', '&&', '||', '!', '(', 'weekday at 02:30', 'keep 7',
  'month on 1', '\\n', '\\u{1F600}', '99999999999999999999', '1e9', '-', '\u0000', '\uD800', '💥', '\\', '`', '${', '}',
) // prettier-ignore

const body = fc.array(
  fc.oneof(
    { weight: 4, arbitrary: fragments },
    { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 6 }) },
  ),
  {
    maxLength: 10,
  },
)

/** A right program but for what stands in its templates. */
export const templates: fc.Arbitrary<string> = fc.tuple(body, body, body, body, body).map(
  ([
    place,
    scale,
    every,
    gate,
    text,
  ]) => `import { cron, every, gate, http, place, scale, secret, service, stack, text } from 'gantry'

export default stack('fuzz', {}, () => {
  const token = secret('token')
  const db = service('db', { image: 'postgres:17', ports: { pg: http(5432) } })
  service('api', {
    image: 'a:1',
    env: { URL: text\`${text.join('')}\` },
    placement: place\`${place.join('')}\`,
    replicas: scale({ min: 1, max: 4 })\`${scale.join('')}\`,
    health: { exec: ['true'] },
    rollout: { gate: gate\`${gate.join('')}\` },
  })
  cron('tidy', { image: 'a:1', schedule: every\`${every.join('')}\` })
  service('last', { image: 'a:1', env: { A: token.file, B: db.ports.pg } })
})
`,
)

const head = Buffer.from(
  "import { service, stack } from 'gantry'\nexport default stack('fuzz', {}, () => { service('a', { image: '",
)

export const files: fc.Arbitrary<Uint8Array> = fc
  .tuple(
    fc.boolean(),
    fc.oneof(
      fc.uint8Array({ maxLength: 200 }),
      fc.string({ unit: 'binary', maxLength: 200 }).map((each) => Buffer.from(each)),
    ),
  )
  .map(([isHeaded, bytes]) => (isHeaded ? Buffer.concat([head, bytes]) : bytes))
