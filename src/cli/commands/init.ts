// `gantry init [FOLDER]`: a new stack folder that type-checks in an editor, has a test, and is checked by CI where a
// runner can get this gantry. Invariant: a file that is there already is never overwritten; when one is in the way,
// nothing is written at all.

import { existsSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { basename, dirname, join, relative, resolve, sep } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { exitCodes, Fault, isName, messageOf, nameRule } from '../../model/index.ts'
import { ownVersion } from '../context.ts'
import type { Command } from '../context.ts'

export interface InitArgs {
  readonly folder: string | undefined
  readonly name: string | undefined
}

export const runInit: Command<InitArgs> = async ({ terminal, cwd, env }, args) => {
  const folder = resolve(cwd, args.folder ?? '.')
  const named = args.name ?? basename(folder)
  const name = args.name ?? named.toLowerCase()
  if (!isName(name))
    throw new Fault({
      what: `${JSON.stringify(named)} cannot be the name of a stack`,
      why: `a name is ${nameRule}`,
      fix: 'give another with --name',
      exit: exitCodes.usage,
    })
  const source = ownSource()
  const files = templates(name, source, env['GANTRY_HOST_NODE'] ?? process.versions.node)
  const inTheWay = Object.keys(files).filter((file) => existsSync(join(folder, file)))
  if (inTheWay.length > 0)
    throw new Fault({
      what: `${inTheWay.join(', ')} ${inTheWay.length === 1 ? 'is' : 'are'} there already in ${args.folder ?? 'this folder'}`,
      why: 'gantry init overwrites nothing',
      fix: 'choose an empty folder',
    })
  try {
    for (const [file, text] of Object.entries(files)) {
      makeFolder(dirname(join(folder, file)))
      writeFileSync(join(folder, file), text, { flag: 'wx' })
    }
    linkSelf(folder)
  } catch (error) {
    throw new Fault({
      what: `cannot write to ${folder}`,
      why: messageOf(error),
      fix: 'check the rights of the folder',
    })
  }
  const shown = relative(cwd, folder)
  terminal.out(`made ${Object.keys(files).join(', ')}${shown === '' ? '' : ` in ${shown}`}`)
  terminal.say(
    [
      'next:',
      ...(shown === '' ? [] : [`  cd ${shown}`]),
      '  gantry check',
      '  npm install && npm test',
      '  gantry apply',
      ...(isFolder(source)
        ? [
            `no workflow of CI was made: package.json names gantry by its folder (${source}),`,
            'which no runner has',
          ]
        : []),
    ].join('\n'),
  )
  return exitCodes.ok
}

/** Node's own recursive mkdir never ends below /proc; one level at a time it fails as it should. */
function makeFolder(folder: string): void {
  if (existsSync(folder)) return
  makeFolder(dirname(folder))
  mkdirSync(folder)
}

/** The folder of this gantry: where its package.json is. */
function packageFolder(): string {
  for (const up of ['../../../', '../../../../']) {
    const folder = fileURLToPath(new URL(up, import.meta.url))
    if (existsSync(join(folder, 'package.json')) && existsSync(join(folder, 'bin', 'gantry.js')))
      return folder.endsWith(sep) ? folder.slice(0, -1) : folder
  }
  throw new Error('gantry was installed without its package.json')
}

/** So that an editor knows the types before anything is installed from a registry. */
function linkSelf(folder: string): void {
  const modules = join(folder, 'node_modules')
  if (existsSync(join(modules, 'gantry'))) return
  makeFolder(modules)
  symlinkSync(packageFolder(), join(modules, 'gantry'), 'dir')
}

/** Where npm gets this gantry: installed from a registry its version says it; a checkout is named by its folder. */
function ownSource(): string {
  const own = packageFolder()
  return readdirSync(own).includes('.git') ? `file:${own}` : ownVersion()
}

function isFolder(source: string): boolean {
  return source.startsWith('file:')
}

function templates(name: string, source: string, hostNode: string): Record<string, string> {
  const isOld = Number(hostNode.split('.')[0]) < 22
  return {
    'package.json': `${JSON.stringify(
      {
        name,
        version: '1.0.0',
        private: true,
        type: 'module',
        scripts: { check: 'gantry check', format: 'gantry fmt', test: 'vitest run' },
        devDependencies: {
          gantry: source,
          // npm puts it first on the path of scripts: the machine's own is too old for the tests.
          ...(isOld ? { node: '^24.21.0' } : {}),
          typescript: '^6.0.3',
          vitest: '^5.1.1',
        },
        ...(isOld ? { allowScripts: { node: true } } : {}),
      },
      null,
      2,
    )}\n`,
    'tsconfig.json': `${JSON.stringify(
      {
        compilerOptions: {
          target: 'ES2024',
          lib: ['ES2024'],
          module: 'NodeNext',
          moduleResolution: 'NodeNext',
          strict: true,
          noUncheckedIndexedAccess: true,
          exactOptionalPropertyTypes: true,
          noEmit: true,
          skipLibCheck: true,
          allowImportingTsExtensions: true,
          resolveJsonModule: true,
          types: [],
          // gantry's own rules, completion and hover in the editor.
          plugins: [{ name: 'gantry' }],
        },
        include: ['**/*.ts'],
      },
      null,
      2,
    )}\n`,
    [`${name}.stack.ts`]: `// What runs: one web service on a published port. \`gantry check\` checks it, \`gantry apply\` brings it up.
import { http, input, service, stack } from 'gantry'

export default stack(
  '${name}',
  { port: input.number({ default: 8080, description: 'port of the host' }) },
  ({ port }) => {
    service('web', {
      image: 'nginx:1.29',
      replicas: 2,
      ports: { http: http(80, { published: port }) },
      resources: { cpu: '100m', memory: '64Mi' },
      health: { http: '/', port: 'http' },
    })
  },
)
`,
    [`${name}.test.ts`]: `import { expect, test } from 'vitest'
import { compile } from 'gantry/testing'

test('web is published on the port that was asked for', async () => {
  const { document } = await compile('${name}.stack.ts', { port: '9000' })
  expect(document.services['web']?.replicas).toBe(2)
  expect(document.services['web']?.template.ports['http']?.published).toBe(9000)
})
`,
    '.vscode/settings.json': `${JSON.stringify(
      {
        // The editor's own TypeScript loads no plugin of a folder.
        'typescript.tsdk': 'node_modules/typescript/lib',
        'typescript.enablePromptUseWorkspaceTsdk': true,
      },
      null,
      2,
    )}\n`,
    // Where gantry is a folder of this machine, `npm install` fails on any other.
    ...(isFolder(source) ? {} : { '.github/workflows/check.yml': workflow }),
    '.gitignore': 'node_modules\n.gantry\n',
  }
}

const workflow = `# Marks what is wrong at its line of a pull request.
name: check
on: [push, pull_request]
jobs:
  check:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      - uses: actions/setup-node@v4
        with:
          node-version: 24
      - run: npm install
      - run: npx gantry check --strict --format github
      - run: npx gantry fmt --check
      - run: npm test
`
