// Files: what cannot be read, imported or built from, and that there is one stack.

import type { CodeEntry } from './entry.ts'

export const fileCodes = {
  GT0001: {
    title: 'an imported file cannot be read',
    text: 'A file that the stack imports is there, but cannot be read: it lacks rights, is a folder, is larger than 4 MiB, or is not UTF-8 text.',
  },
  GT0002: {
    title: "a path leads out of the stack's folder",
    text: 'A stack consists of the files from its own folder down. What lies elsewhere would be missing when the folder is copied or checked out alone, so neither relative imports nor build folders may lead there, symbolic links included. What several stacks share is a package.',
    wrong: "import { defaults } from '../shared/defaults.ts'",
    right: "import { defaults } from './shared/defaults.ts'",
  },
  GT0003: {
    title: 'an imported file does not exist',
    text: 'Paths of imports are relative to the file that imports. The extension .ts may be left out.',
  },
  GT0004: {
    title: 'a stack cannot use modules of Node or of the network',
    text: 'A stack is evaluated in a sandbox that has no files, network, processes or environment, so that the same program gives the same document on every machine and an untrusted one can be planned safely. What differs from run to run comes in as an input.',
    wrong: "import { hostname } from 'node:os'",
    right: "stack('shop', { host: input.string() }, ({ host }) => { … })",
  },
  GT0005: {
    title: 'a package that a stack cannot import',
    text: "A stack imports 'gantry', gantry's components ('gantry/std/…'), files of its own folder, and packages of npm that ship their source in TypeScript: the exports, types or main of their package.json lead to a .ts file. They are looked for in node_modules as Node does. A package of JavaScript, native code or modules of Node cannot be checked and run in the sandbox. 'gantry/testing' is for tests.",
    wrong: "import { merge } from 'lodash'",
    right: "import { merge } from './merge.ts'",
  },
  GT0006: {
    title: 'an import in a form that a stack does not have',
    text: 'A stack imports .ts files, and .json files as a whole, by import statements at the top of a file.',
    wrong: "import { port } from './settings.json'",
    right: "import settings from './settings.json'",
  },
  GT0007: {
    title: 'an imported JSON file is not JSON',
    text: 'JSON has no comments and no trailing commas; names are in double quotes.',
  },
  GT0008: {
    title: 'a stack file has no default export',
    text: 'gantry takes the default export of the file as the stack.',
    wrong: "stack('shop', {}, () => { … })",
    right: "export default stack('shop', {}, () => { … })",
  },
  GT0009: {
    title: 'the default export is not a stack',
    text: 'The default export of a stack file is what stack() returns.',
  },
  GT0010: {
    title: 'two stacks in one program',
    text: 'A stack file declares exactly one stack: it is the unit that is planned, applied and removed. Give each its own file; what they share goes into a module that both import.',
  },
  GT0011: {
    title: 'a folder to build from does not exist',
    text: "The folder of build() is relative to the stack file's folder, also when it is called in a module elsewhere.",
  },
  GT0012: {
    title: 'a folder to build from has no Dockerfile',
    text: 'The folder must hold a file named Dockerfile, or the one named by build(folder, { dockerfile }).',
  },
  GT0013: {
    title: 'a folder to build from cannot be read',
    text: 'An image is named by the content of its folder, so that an unchanged one is not built again. For that every file that .dockerignore does not leave out is read.',
  },
} as const satisfies Readonly<Record<string, CodeEntry>>
