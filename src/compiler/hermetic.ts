// Names that programs elsewhere know and a stack does not have, with the reason and the way out. A stack is evaluated
// without clock, chance, network, files, processes or environment, so that the same program and inputs give the same
// document on every machine.

export interface Absence {
  readonly what: string
  readonly fix: string
}

const clock = {
  what: 'a stack has no clock',
  fix: 'give the time as an input, if the stack really depends on it',
}
const chance = {
  what: 'a stack has no randomness',
  fix: "for a password: secret('name', { generate: { bytes: 24 } })",
}
const network = {
  what: 'a stack has no network',
  fix: 'import a JSON file that was fetched before, or take an input',
}
const environment = {
  what: 'a stack sees nothing of the machine that it is read on',
  fix: 'take what differs from run to run as an input',
}
const files = { what: 'a stack reads no files', fix: 'import a JSON file: import data from "./data.json"' }
const waiting = {
  what: 'a stack is evaluated in one go: there is nothing in it to wait for',
  fix: 'declare what is known now; dependsOn says what waits for what when it runs',
}
const output = { what: 'a stack prints nothing', fix: 'gantry plan shows what is declared' }
const bytes = {
  what: 'a stack describes, it does not compute on bytes',
  fix: 'compute it before and import it as a JSON file',
}
const code = { what: 'a stack makes no code from text', fix: 'write a function' }
const reflection = { what: 'a stack has no reflection', fix: 'use plain objects and functions' }

/** By name, as it is written where it does not exist. */
export const absences: Readonly<Record<string, Absence>> = {
  Date: clock,
  Temporal: clock,
  performance: clock,
  'Math.random': chance,
  crypto: chance,
  fetch: network,
  XMLHttpRequest: network,
  WebSocket: network,
  process: environment,
  Deno: environment,
  Bun: environment,
  navigator: environment,
  window: environment,
  document: environment,
  Intl: environment,
  __dirname: files,
  __filename: files,
  require: files,
  module: files,
  exports: files,
  Buffer: bytes,
  ArrayBuffer: bytes,
  SharedArrayBuffer: bytes,
  Atomics: bytes,
  DataView: bytes,
  Uint8Array: bytes,
  TextEncoder: bytes,
  TextDecoder: bytes,
  atob: bytes,
  btoa: bytes,
  Promise: waiting,
  setTimeout: waiting,
  setInterval: waiting,
  setImmediate: waiting,
  queueMicrotask: waiting,
  console: output,
  alert: output,
  eval: code,
  Function: code,
  WebAssembly: code,
  Proxy: reflection,
  Reflect: reflection,
  WeakRef: reflection,
  FinalizationRegistry: reflection,
  structuredClone: reflection,
}

export function absenceOf(name: string): Absence | undefined {
  return Object.hasOwn(absences, name) ? absences[name] : undefined
}
