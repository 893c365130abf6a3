// The thread in which programs are evaluated: QuickJS in WebAssembly, a new world for every run. Invariant: a program
// can reach nothing but what is handed in, and ends: by the count of its steps, by its memory, by the depth of its calls,
// or because the outside says so. What QuickJS itself cannot stop (a built-in that loops natively), the outside stops by
// ending this thread.

import { stripTypeScriptTypes } from 'node:module'
import { parentPort, workerData } from 'node:worker_threads'
import { DefaultIntrinsics, newQuickJSWASMModule, RELEASE_SYNC } from 'quickjs-emscripten'
import type { QuickJSContext, QuickJSHandle, QuickJSRuntime, QuickJSWASMModule } from 'quickjs-emscripten'
import { isFromSource, readSandboxModules } from '../dsl.ts'
import { planInputs } from '../inputs.ts'
import type { Failure, Job, Message, Outcome, Run } from './job.ts'
import type { Opened } from './opened.ts'

/** Bytes of QuickJS's own stack; the thread has room for what WebAssembly makes of it. */
const stackSize = 512 * 1024
/** Given on top of the limit when the memory was used up, so that it can be said where. */
const memoryForLastWords = 8 * 1024 * 1024

/** Set by the outside when the deadline has passed. */
const stopFlag = new Int32Array(workerData as SharedArrayBuffer) // what sandbox.ts hands over

const gantryModules = readSandboxModules()
for (const [name, text] of gantryModules)
  gantryModules.set(name, isFromSource ? stripTypeScriptTypes(text) : text)

/** Of the lines that begin and end a run; only they may reach the inside of gantry. */
const mainName = 'main'

class Stopped extends Error {
  readonly failure: Failure
  constructor(failure: Failure) {
    super(failure.kind)
    this.failure = failure
  }
}

/** One world: made, used for one run, thrown away. */
class World {
  readonly #runtime: QuickJSRuntime
  readonly #context: QuickJSContext
  readonly #limits: Job['limits']
  /** Whether the program may throw what is no new error. */
  readonly #throwsValues: boolean
  #door: QuickJSHandle | undefined
  #steps = 0
  #reason: 'steps' | 'deadline' | undefined

  constructor(engine: QuickJSWASMModule, job: Job) {
    this.#limits = job.limits
    this.#throwsValues = job.modules.some(({ code }) => /\bthrow\s+(?!new\b)/.test(code))
    this.#runtime = engine.newRuntime()
    this.#runtime.setMaxStackSize(stackSize)
    this.#runtime.setMemoryLimit(job.limits.memory)
    const modules = new Map(job.modules.map((module) => [`./${module.path}`, module]))
    this.#runtime.setModuleLoader(
      (name) =>
        (name.startsWith('gantry:')
          ? gantryModules.get(name.slice('gantry:'.length))
          : modules.get(name)?.code) ?? {
          error: new Error(`there is no module ${name}`),
        },
      (base, request) => {
        if (base === mainName) return request
        if (base.startsWith('gantry:'))
          return `gantry:${request.replace(/^\.\//, '').replace(/\.[jt]s$/, '')}`
        const found = modules.get(base)?.imports[request]
        return found === 'gantry' ? 'gantry:index' : `./${found ?? '?'}`
      },
    )
    this.#context = this.#runtime.newContext({ intrinsics: { ...DefaultIntrinsics, Date: false } })
  }

  /** Evaluates the modules, and tells which stacks they declare. */
  open(entry: string): Opened {
    this.#evaluate('import { prepare } from "gantry:sandbox"; globalThis.door = prepare()')
    this.#door = this.#context.getProp(this.#context.global, 'door')
    this.#evaluate('delete globalThis.door')
    this.#runtime.setInterruptHandler(() => this.#shouldStop())
    this.#evaluate(`import * as program from ${JSON.stringify(`./${entry}`)}; globalThis.program = program`)
    const module = this.#context.getProp(this.#context.global, 'program')
    try {
      this.#refuseCaught()
      return JSON.parse(this.#ask('open', module)) as Opened // written by our own side of the sandbox
    } finally {
      module.dispose()
    }
  }

  /** JSON of what the body of the stack declares. */
  run(at: number, inputs: object): string {
    const number = this.#context.newNumber(at)
    const text = this.#context.newString(JSON.stringify(inputs))
    try {
      const declared = this.#ask('run', number, text)
      this.#refuseCaught()
      return declared
    } finally {
      number.dispose()
      text.dispose()
    }
  }

  /** JSON of what the body had declared when it ended by an error; undefined when that cannot be told any more. */
  before(at: number): string | undefined {
    const number = this.#context.newNumber(at)
    try {
      return this.#ask('before', number)
    } catch (error) {
      if (error instanceof Stopped) return undefined
      throw error
    } finally {
      number.dispose()
    }
  }

  /** A world that was broken by the host's own stack overflow cannot be disposed of; it goes with the thread. */
  dispose(): void {
    this.#door?.dispose()
    this.#context.dispose()
    this.#runtime.dispose()
  }

  #shouldStop(): boolean {
    if (this.#reason) return false // it has stopped; what runs now are its last words
    this.#steps += 1
    if (Atomics.load(stopFlag, 0) !== 0) this.#reason = 'deadline'
    else if (this.#steps > this.#limits.steps) this.#reason = 'steps'
    return this.#reason !== undefined
  }

  #evaluate(code: string): void {
    this.#take(this.#context.evalCode(code, mainName, { type: 'module' })).dispose()
  }

  #ask(name: string, ...values: readonly QuickJSHandle[]): string {
    const door = this.#door
    if (!door) throw new Error('the sandbox was asked before it was prepared')
    const asked = this.#context.getProp(door, name)
    try {
      const answer = this.#take(this.#context.callFunction(asked, this.#context.undefined, ...values))
      const text = this.#context.getString(answer)
      answer.dispose()
      return text
    } finally {
      asked.dispose()
    }
  }

  #take(result: ReturnType<QuickJSContext['evalCode']>): QuickJSHandle {
    if (!result.error) return result.value
    const { error } = result
    try {
      throw new Stopped(this.#explain(error))
    } finally {
      error.dispose()
    }
  }

  /** A program that has caught what ends it has come to its end all the same, and its end is that. */
  #refuseCaught(): void {
    const over = this.#over()
    if (!over) return
    try {
      throw new Stopped(this.#explain(over))
    } finally {
      over.dispose()
    }
  }

  /** What the engine threw at a limit and the program caught (emit.ts); null when there was no room for an error. */
  #over(): QuickJSHandle | undefined {
    const over = this.#context.getProp(this.#context.global, '__gantry_over')
    if (this.#context.typeof(over) !== 'undefined') return over
    over.dispose()
    return undefined
  }

  #explain(last: QuickJSHandle): Failure {
    const over = this.#reason ? undefined : this.#over()
    try {
      return this.#explainError(over ?? last, over !== undefined)
    } finally {
      over?.dispose()
    }
  }

  #explainError(error: QuickJSHandle, isOver: boolean): Failure {
    if (this.#reason) return { kind: this.#reason, ...this.#lastCalls(), stack: this.#stackOf(error) }
    const name = this.#textOf(error, 'name')
    const message = this.#textOf(error, 'message')
    const isDeep = name === 'InternalError' && message === 'stack overflow'
    const isFull = name === 'InternalError' && message === 'out of memory'
    if (isFull || (isOver && !isDeep) || this.#isOutOfMemory(error)) {
      this.#runtime.setMemoryLimit(this.#limits.memory + memoryForLastWords)
      return { kind: 'memory', ...this.#lastCalls(), stack: this.#stackOf(error) }
    }
    const failure = JSON.parse(this.#ask('explain', error)) as Failure // written by our own side of the sandbox
    const stack = 'stack' in failure ? failure.stack : ''
    return isDeep ? { kind: 'recursion', calls: failure.calls, stack } : { ...failure, stack }
  }

  /**
   * When there is no room for an error either, QuickJS throws null, and has its memory back by the time it gets here. A
   * program that throws nothing but errors of its own making has not thrown it.
   */
  #isOutOfMemory(error: QuickJSHandle): boolean {
    return this.#context.eq(error, this.#context.null) && !this.#throwsValues
  }

  #lastCalls(): { calls: readonly number[] } {
    try {
      return JSON.parse(this.#ask('stopped')) as { calls: readonly number[] } // written by our own side of the sandbox
    } catch (error) {
      if (error instanceof Stopped) return { calls: [] }
      throw error
    }
  }

  #textOf(value: QuickJSHandle, name: string): string {
    if (this.#context.typeof(value) !== 'object') return ''
    const member = this.#context.getProp(value, name)
    const text = this.#context.typeof(member) === 'string' ? this.#context.getString(member) : ''
    member.dispose()
    return text
  }

  #stackOf(error: QuickJSHandle): string {
    return this.#textOf(error, 'stack').slice(0, 20_000)
  }
}

function perform(engine: QuickJSWASMModule, job: Job): Outcome {
  const entry = job.modules[0]?.path ?? ''
  let world: World | undefined
  try {
    say({ type: 'running' })
    world = new World(engine, job)
    const opened = world.open(entry)
    const { combinations } = planInputs(opened, job.inputs, job.all)
    const runs: Run[] = []
    const known = new Map<string, number>()
    for (const inputs of combinations) {
      if (!world) {
        say({ type: 'running' })
        world = new World(engine, job)
        world.open(entry)
      }
      const result = runOnce(world, opened.main ?? 0, inputs)
      world.dispose()
      world = undefined
      if ('failure' in result) {
        runs.push({ inputs, result })
        // What does not end for one combination mostly ends for none; each would take as long.
        if (isOver(result.failure)) break
      } else if ('json' in result) {
        const sameAs = known.get(result.json)
        if (sameAs === undefined) known.set(result.json, runs.length)
        runs.push({ inputs, result: sameAs === undefined ? result : { sameAs } })
      }
    }
    world?.dispose()
    return { kind: 'opened', opened, runs }
  } catch (error) {
    if (error instanceof Stopped) return { kind: 'failed', failure: error.failure }
    // The host's stack is smaller than what a program can make QuickJS need in a few places (a deeply nested value).
    if (error instanceof RangeError)
      return { kind: 'failed', failure: { kind: 'recursion', calls: [], stack: '' } }
    throw error
  }
}

/** Whether a limit ended a run, not the program. */
function isOver(failure: Failure): boolean {
  return ['steps', 'deadline', 'recursion', 'memory'].includes(failure.kind)
}

function runOnce(world: World, main: number, inputs: object): Run['result'] {
  try {
    return { json: world.run(main, inputs) }
  } catch (error) {
    if (!(error instanceof Stopped)) throw error
    const { failure } = error
    const isFull = failure.kind === 'mistake' && failure.code === 'GT5006'
    const before = isOver(failure) || isFull ? undefined : world.before(main)
    return before === undefined ? { failure } : { failure, before }
  }
}

function say(message: Message): void {
  parentPort?.postMessage(message)
}

const engine = await newQuickJSWASMModule(RELEASE_SYNC)
parentPort?.on('message', (job: Job) => {
  Atomics.store(stopFlag, 0, 0)
  say({ type: 'done', outcome: perform(engine, job) })
})
say({ type: 'ready' })
