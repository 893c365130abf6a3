// A real TypeScript server on a real folder, spoken to as editors do, for tests: with the plugin built from the source as
// it is, and with gantry's own process from the source too.

import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import process from 'node:process'

const root = join(import.meta.dirname, '../..')

export interface EditorDiagnostic {
  readonly start: { readonly line: number; readonly offset: number }
  readonly end: { readonly line: number; readonly offset: number }
  readonly text: string
  readonly code: number
  readonly source?: string
  readonly category: string
}

/** One folder with a tsconfig.json, gantry in its node_modules, and the server that has it open. */
export class Editor {
  readonly folder: string
  readonly #server: ChildProcess
  readonly #waiting = new Map<number, (body: unknown) => void>()
  readonly #listeners = new Set<(event: string, body: unknown) => void>()
  readonly #texts = new Map<string, string>()
  #seq = 0
  #buffer = Buffer.alloc(0)

  constructor(files: Readonly<Record<string, string>>) {
    this.folder = mkdtempSync(join(tmpdir(), 'gantry-editor-'))
    const write = (path: string, text: string): void => {
      mkdirSync(dirname(join(this.folder, path)), { recursive: true })
      writeFileSync(join(this.folder, path), text)
    }
    const gantry = 'node_modules/gantry'
    write(
      `${gantry}/package.json`,
      JSON.stringify({
        name: 'gantry',
        version: '0.0.0',
        type: 'module',
        main: 'dist/editor/plugin.cjs',
        exports: { '.': { types: './dist/src/dsl/index.ts' } },
      }),
    )
    write(
      `${gantry}/dist/src/editor/server.js`,
      `import ${JSON.stringify(join(root, 'src/editor/server.ts'))}\n`,
    )
    symlinkSync(join(root, 'src/dsl'), join(this.folder, gantry, 'dist/src/dsl'))
    execFileSync(process.execPath, [
      '--disable-warning=ExperimentalWarning',
      join(root, 'scripts/build-plugin.ts'),
      join(this.folder, gantry, 'dist/editor/plugin.cjs'),
    ])
    write(
      'tsconfig.json',
      JSON.stringify({
        compilerOptions: {
          target: 'ES2024',
          lib: ['ES2024'],
          module: 'NodeNext',
          moduleResolution: 'NodeNext',
          strict: true,
          noEmit: true,
          skipLibCheck: true,
          allowImportingTsExtensions: true,
          types: [],
          plugins: [{ name: 'gantry' }],
        },
        include: ['*.ts'],
      }),
    )
    write('package.json', '{ "type": "module" }')
    for (const [path, text] of Object.entries(files)) write(path, text)
    this.#server = spawn(
      process.execPath,
      [
        createRequire(import.meta.url).resolve('typescript/lib/tsserver.js'),
        '--allowLocalPluginLoads',
        '--disableAutomaticTypingAcquisition',
        '--logVerbosity',
        'terse',
        '--logFile',
        join(this.folder, 'tsserver.log'),
      ],
      { cwd: this.folder, stdio: ['pipe', 'pipe', 'inherit'] },
    )
    this.#server.stdout?.on('data', (chunk: Buffer) => this.#read(chunk))
  }

  open(file: string, text = readFileSync(join(this.folder, file), 'utf8')): void {
    this.#texts.set(file, text)
    this.#send('open', { file: this.#path(file), fileContent: text })
  }

  /** Replaces the first `from`, as somebody who types does. */
  edit(file: string, from: string, to: string): void {
    const text = this.#texts.get(file) ?? ''
    const at = text.indexOf(from)
    if (at === -1) throw new Error(`there is no ${from}`)
    this.#send('change', {
      file: this.#path(file),
      ...lineOffset(text, at, ''),
      ...lineOffset(text, at + from.length, 'end'),
      insertString: to,
    })
    this.#texts.set(file, text.slice(0, at) + to + text.slice(at + from.length))
  }

  /** What is shown, once `isDone`; asks again whenever the server says that something may have changed. */
  async diagnostics(
    file: string,
    isDone: (found: readonly EditorDiagnostic[]) => boolean,
    deadlineMs = 20_000,
  ): Promise<readonly EditorDiagnostic[]> {
    const until = performance.now() + deadlineMs
    let found: readonly EditorDiagnostic[] = []
    while (performance.now() < until) {
      const changed = this.#event('projectsUpdatedInBackground', Math.max(1, until - performance.now()))
      found = await this.shown(file)
      if (isDone(found)) return found
      await changed
    }
    throw new Error(`after ${deadlineMs} ms still shown: ${JSON.stringify(found)}`)
  }

  /** What is shown at this moment. */
  async shown(file: string): Promise<readonly EditorDiagnostic[]> {
    const [syntax, semantic] = await Promise.all(
      ['syntacticDiagnosticsSync', 'semanticDiagnosticsSync'].map((command) =>
        this.request(command, { file: this.#path(file) }),
      ),
    )
    return [...(syntax as EditorDiagnostic[]), ...(semantic as EditorDiagnostic[])] // as the protocol has it
  }

  /** A request at a mark: the place behind the first `mark` of the file. */
  at(command: string, file: string, mark: string, more: object = {}): Promise<unknown> {
    const text = this.#texts.get(file) ?? ''
    const at = text.indexOf(mark)
    if (at === -1) throw new Error(`there is no ${mark}`)
    return this.request(command, {
      file: this.#path(file),
      ...lineOffset(text, at + mark.length, ''),
      ...more,
    })
  }

  request(command: string, args: object): Promise<unknown> {
    const seq = this.#send(command, args)
    const { promise, resolve } = Promise.withResolvers<unknown>()
    this.#waiting.set(seq, resolve)
    return promise
  }

  /** Replaces the whole text. */
  write(file: string, text: string): void {
    this.edit(file, this.textOf(file), text)
  }

  textOf(file: string): string {
    return this.#texts.get(file) ?? ''
  }

  /** gantry's own process ends at once from now on. */
  breakGantry(): void {
    writeFileSync(join(this.folder, 'node_modules/gantry/dist/src/editor/server.js'), 'process.exit(9)\n')
  }

  /** Resolves once the server's log has it. */
  async logged(pattern: RegExp, deadlineMs = 10_000): Promise<void> {
    const until = performance.now() + deadlineMs
    while (!pattern.test(this.log())) {
      if (performance.now() > until) throw new Error(`the log does not have ${pattern.source}: ${this.log()}`)
      await this.request('status', {})
    }
  }

  log(): string {
    return readFileSync(join(this.folder, 'tsserver.log'), 'utf8')
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const ended = new Promise((resolve) => this.#server.once('exit', resolve))
    this.#send('exit', {})
    await ended
    rmSync(this.folder, { recursive: true, force: true })
  }

  #path(file: string): string {
    return join(this.folder, file)
  }

  #send(command: string, args: object): number {
    this.#seq += 1
    const message = { seq: this.#seq, type: 'request', command, arguments: args }
    this.#server.stdin?.write(`${JSON.stringify(message)}\n`)
    return this.#seq
  }

  #event(name: string, withinMs: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<undefined>()
    const listener = (event: string): void => {
      if (event === name) end()
    }
    const end = (): void => {
      clearTimeout(timer)
      this.#listeners.delete(listener)
      resolve(undefined)
    }
    const timer = setTimeout(end, withinMs)
    this.#listeners.add(listener)
    return promise
  }

  #read(chunk: Buffer): void {
    this.#buffer = Buffer.concat([this.#buffer, chunk])
    for (;;) {
      const head = /^Content-Length: (\d+)\r\n\r\n/.exec(this.#buffer.toString('latin1', 0, 60))
      if (!head) return
      const end = head[0].length + Number(head[1])
      if (this.#buffer.length < end) return
      const message = JSON.parse(this.#buffer.toString('utf8', head[0].length, end)) as Message // TypeScript's protocol
      this.#buffer = this.#buffer.subarray(end)
      if (message.type === 'response') {
        this.#waiting.get(message.request_seq)?.(message.body)
        this.#waiting.delete(message.request_seq)
      } else for (const each of this.#listeners) each(message.event, message.body)
    }
  }
}

type Message =
  | { readonly type: 'response'; readonly request_seq: number; readonly body: unknown }
  | { readonly type: 'event'; readonly event: string; readonly body: unknown }

/** Lines and columns from 1. */
function lineOffset(text: string, at: number, prefix: '' | 'end'): object {
  const before = text.slice(0, at).split('\n')
  const line = before.length
  const offset = (before.at(-1) ?? '').length + 1
  return prefix === '' ? { line, offset } : { endLine: line, endOffset: offset }
}
