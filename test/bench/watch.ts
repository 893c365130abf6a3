// How long `gantry check --watch` takes from a change to its answer, in a session that has answered before: one statement
// of a stack changed, added, or wrong; the stack in one file, and with a module beside it. And what the answer consists
// of: the same work stage by stage, and a check of everything in the same process, which it is built on and confirmed by.

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { openSession } from '../../src/compiler/index.ts'
import { ProgramFiles } from '../../src/compiler/files.ts'
import { buildFolders } from '../../src/compiler/lower/image.ts'
import { configFiles } from '../../src/compiler/lower/config-files.ts'
import { lowerStack } from '../../src/compiler/lower/lower.ts'
import type { Evaluated } from '../../src/compiler/sandbox/opened.ts'
import { defaultLimits, Sandbox } from '../../src/compiler/sandbox/sandbox.ts'
import { Places } from '../../src/compiler/sites.ts'
import { typescriptChecker } from '../../src/compiler/typescript/checker.ts'
import { Outliner } from '../../src/compiler/typescript/outline.ts'
import { inRounds } from './bench.ts'
import type { Bench, Surroundings } from './bench.ts'
import { Series } from './figure.ts'
import type { Figure } from './figure.ts'
import { stackProgram } from './stack-program.ts'

const entry = 'bench.stack.ts'
const services = 1000
const atMost = 100

export const watch: Bench = {
  name: 'watch',
  run: async (surroundings) => [
    ...(await answers(surroundings, 'one file', stackProgram({ services }), {})),
    ...(await answers(surroundings, 'with a module', withModule(), { 'parts.ts': module })),
    ...(await stages(surroundings)),
  ],
}

const module = `import { service } from 'gantry'

export function worker(name: string) {
  return service(name, { image: 'registry.example/worker:1.2.3', replicas: 2 })
}
`

/** 500 services written out and 500 made by a function of another file. */
function withModule(): string {
  const text = stackProgram({ services: services / 2 })
  const workers = Array.from({ length: services / 2 }, (_, index) => `  worker('worker-${index}')\n`).join('')
  return text
    .replace("from 'gantry'\n", "from 'gantry'\nimport { worker } from './parts.ts'\n")
    .replace(/\}\)\n$/, `${workers}})\n`)
}

interface Change {
  readonly name: string
  /** What the statement with that number becomes. */
  readonly edit: (text: string, number: number) => string
  readonly isRight: boolean
}

const changes: readonly Change[] = [
  {
    name: 'another image',
    edit: (text, number) => text.replace(`app-${number}:1.2.3`, `app-${number}:2.0.0`),
    isRight: true,
  },
  {
    name: 'a mistake of types',
    edit: (text, number) => text.replace(`registry.example/app-${number}:1.2.3',`, `x:1', replcas: 1,`),
    isRight: false,
  },
  {
    name: 'a service more',
    edit: (text, number) =>
      text.replace(
        `  const service${number} =`,
        `  service('more', { image: 'more:1' })\n  const service${number} =`,
      ),
    isRight: true,
  },
]

async function answers(
  surroundings: Surroundings,
  name: string,
  text: string,
  beside: Readonly<Record<string, string>>,
): Promise<Figure[]> {
  const folder = surroundings.workspace.folder('stack')
  const file = join(folder, entry)
  writeFileSync(file, text)
  for (const [path, other] of Object.entries(beside)) writeFileSync(join(folder, path), other)
  const series = new Series()
  const session = await openSession({ file })
  const timed = async (what: string, isRight: boolean, isPart: boolean): Promise<void> => {
    const began = performance.now()
    const before = process.threadCpuUsage()
    const { result, statements } = await session.check()
    const { user, system } = process.threadCpuUsage(before)
    series.add(what, performance.now() - began)
    // On a busy machine the more telling figure; the sandbox's thread works beside this one.
    series.add(`${what}, processor`, (user + system) / 1000)
    if (result.ok !== isRight) throw new Error(`${what}: ${JSON.stringify(result)}`)
    if ((statements !== null) !== isPart) throw new Error(`${what} was not answered by a part`)
  }
  try {
    await timed(`${name}, first answer`, true, false)
    await session.confirm()
    await inRounds(surroundings, surroundings.rounds ?? 20, async (round) => {
      for (const { name: change, edit, isRight } of changes) {
        const edited = edit(text, 100 + round)
        if (edited === text) throw new Error(`${change} changes nothing`)
        writeFileSync(file, edited)
        await timed(`${name}, ${change}`, isRight, true)
      }
      const began = performance.now()
      if (await session.confirm()) throw new Error('an answer had to be corrected')
      series.add(`${name}, confirmed in the background`, performance.now() - began)
    })
  } finally {
    await session.close()
  }
  return [
    series.figure(`${name}, first answer`, 'ms'),
    ...changes.flatMap((change) => [
      series.figure(`${name}, ${change.name}`, 'ms', { atMost }),
      series.figure(`${name}, ${change.name}, processor`, 'ms'),
    ]),
    series.figure(`${name}, confirmed in the background`, 'ms'),
  ]
}

/** A check of everything in one warm process, one stage after the other. */
async function stages(surroundings: Surroundings): Promise<Figure[]> {
  const folder = surroundings.workspace.folder('stack')
  const file = join(folder, entry)
  const series = new Series()
  const outliner = new Outliner()
  const sandbox = new Sandbox()
  const timed = async <Result>(what: string, act: () => Result | Promise<Result>): Promise<Result> => {
    const began = performance.now()
    const result = await act()
    series.add(`everything, ${what}`, performance.now() - began)
    return result
  }
  try {
    await inRounds(surroundings, surroundings.rounds ?? 10, async (round) => {
      const text = stackProgram({ services }).replace('1.2.3', `1.2.${round}`)
      writeFileSync(file, text)
      const files = new ProgramFiles(folder)
      await timed('read', () => files.read(entry))
      await timed('parse again', () => outliner.outline(text))
      const opened = await timed('parse, bind, collect calls, emit', () =>
        typescriptChecker.open(files, entry),
      )
      await timed('check types', () => opened.diagnose())
      const outcome = await timed('evaluate', () =>
        sandbox.evaluate({
          modules: opened.modules.map(({ path, code, imports }) => ({ path, code, imports })),
          inputs: {},
          all: true,
          limits: defaultLimits,
        }),
      )
      const result = outcome.kind === 'opened' ? outcome.runs[0]?.result : undefined
      if (!result || !('json' in result)) throw new Error('the evaluation failed')
      const evaluated = await timed('take over', () => JSON.parse(result.json) as Evaluated) // as the compiler does
      await timed('lower, rules', () =>
        lowerStack({
          stack: 'bench',
          inputs: {},
          evaluated,
          places: new Places(opened.files, opened.calls),
          folders: buildFolders(folder, true),
          texts: configFiles(folder),
          files: {},
          isWhole: false,
        }),
      )
    })
  } finally {
    await sandbox.close()
  }
  return [
    'read',
    'parse again',
    'parse, bind, collect calls, emit',
    'check types',
    'evaluate',
    'take over',
    'lower, rules',
  ].map((what) => series.figure(`everything, ${what}`, 'ms'))
}
