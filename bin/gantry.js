#!/usr/bin/env node
// The command `gantry`: starts the built command line under a Node that it can run on. Plain JavaScript that every
// Node since 12 reads, so that an old one gets a sentence instead of a syntax error. It does nothing else.
import { existsSync } from 'node:fs'
import { spawn } from 'node:child_process'
import * as nodeModule from 'node:module'
import { fileURLToPath } from 'node:url'

const needed = [22, 13]
const main = fileURLToPath(new URL('../dist/src/cli/main.js', import.meta.url))
const pinned = fileURLToPath(new URL('../node_modules/node/bin/node', import.meta.url))

function isNewEnough(version) {
  const [major, minor] = version.split('.').map(Number)
  return major > needed[0] || (major === needed[0] && minor >= needed[1])
}

function give(message) {
  process.stderr.write('error: ' + message + '\n')
  process.exit(1)
}

if (!existsSync(main)) give('gantry is not built yet; run: npm ci && npm run build')
else if (isNewEnough(process.versions.node)) {
  // What V8 makes of the 9 MB of TypeScript and of our own modules is kept beside them: a check takes 0.43 s instead of
  // 0.53. Where the folder cannot be written, nothing is kept and nothing is said.
  nodeModule.enableCompileCache(fileURLToPath(new URL('../dist/.v8', import.meta.url)))
  await import(main)
} else if (existsSync(pinned)) {
  const child = spawn(pinned, [fileURLToPath(import.meta.url), ...process.argv.slice(2)], {
    stdio: 'inherit',
    // What the machine itself has, for those who write for it (gantry init).
    env: { ...process.env, GANTRY_HOST_NODE: process.versions.node },
  })
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
  child.on('error', (error) => give('cannot start ' + pinned + ': ' + error.message))
  child.on('exit', (code, signal) => process.exit(code === null ? (signal === 'SIGINT' ? 130 : 1) : code))
} else
  give(
    'gantry needs Node ' +
      needed.join('.') +
      ' or newer and this is ' +
      process.versions.node +
      '; install a newer Node, or run npm ci in the folder of gantry, which brings one',
  )
