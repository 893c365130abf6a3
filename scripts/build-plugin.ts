// Makes dist/editor/plugin.cjs, the one file that TypeScript's language server loads: src/editor/plugin.ts with the small
// languages in it. That server may run on an older Node than gantry, so the file is CommonJS and written for Node 20. Run
// it with `node scripts/build-plugin.ts [OUTFILE]`, behind tsc.

import { join } from 'node:path'
import process from 'node:process'
import { build } from 'esbuild'

const root = join(import.meta.dirname, '..')

await build({
  entryPoints: [join(root, 'src/editor/plugin.ts')],
  outfile: process.argv[2] ?? join(root, 'dist/editor/plugin.cjs'),
  bundle: true,
  platform: 'node',
  format: 'cjs',
  target: 'node20',
  // The server calls what the module itself is.
  footer: { js: 'module.exports = module.exports.createPlugin' },
  legalComments: 'linked',
  logLevel: 'warning',
})
