// Types: what the type checker finds, in words of gantry, and texts in the wrong form.

import type { CodeEntry } from './entry.ts'

export const typeCodes = {
  GT1000: {
    title: 'a type error',
    text: "An error of TypeScript that has no words of gantry's own, in TypeScript's. --verbose shows all of it.",
  },
  GT1001: {
    title: 'a syntax error',
    text: 'The file is not TypeScript. The first error of a file is mostly the cause of those behind it.',
  },
  GT1002: {
    title: 'a field that does not exist',
    text: 'Options that do not exist are errors everywhere, also where a spread or a function hides them from the types: nothing is silently ignored.',
    wrong: "service('web', { image: 'web:1', replcas: 2 })",
    right: "service('web', { image: 'web:1', replicas: 2 })",
  },
  GT1003: {
    title: 'a field is missing',
    text: 'A few fields have no sensible default: the image of a service or job, the port of an http probe.',
  },
  GT1004: {
    title: 'a value of the wrong type',
    text: 'The message says what the field takes; the marked value is something else.',
  },
  GT1005: {
    title: 'a name that is not defined',
    text: "Nothing of that name is declared, imported or built in. The words of gantry are imported: import { service } from 'gantry'.",
  },
  GT1006: {
    title: 'something that a stack does not have',
    text: 'A stack is evaluated without clock, chance, network, files, processes, environment or waiting, so that the same program and inputs give the same document, on every machine. Everything of JavaScript that would break this does not exist in it.',
    wrong: 'env: { STARTED: String(Date.now()), HOME: process.env.HOME }',
    right: "stack('shop', { home: input.string() }, ({ home }) => { … env: { HOME: home } … })",
  },
  GT1007: {
    title: "something that 'gantry' does not have",
    text: "The module 'gantry' exports no such word.",
  },
  GT1008: {
    title: 'a word is called with too few or too many arguments',
    text: 'Hover over the word in an editor to see what it takes.',
  },
  GT1009: {
    title: 'a member that does not exist',
    text: 'The value has no member of that name.',
  },
  GT1010: {
    title: 'a stack cannot be async',
    text: 'The body of a stack is run once, from its beginning to its end, while the plan is made. There is nothing to wait for: no network, no files. What must wait for what when the stack runs is said by dependsOn.',
    wrong: "export default stack('shop', {}, async () => { … })",
    right: "export default stack('shop', {}, () => { … })",
  },
  GT1011: {
    title: 'used before it is declared',
    text: 'A constant has no value above the line that declares it. Move the declaration up.',
  },
  GT1012: {
    title: 'syntax that is more than types',
    text: 'Types are cut out of a stack before it runs; what remains is JavaScript. So what makes code of its own (enums, namespaces, decorators, members in the parameters of a constructor, import x = require()) is not part of a stack. Nor can a comment wave it through: @ts-ignore, @ts-expect-error and @ts-nocheck are comments like any other to gantry, here and for every other error.',
    wrong: 'enum Stage { Dev, Prod }',
    right: "type Stage = 'dev' | 'prod'",
  },
  GT1013: {
    title: 'a comparison that is never true',
    text: 'The value is one of a few texts, and what it is compared with is none of them, so the branch would never be taken.',
    wrong: "input.oneOf('dev', 'prod') … stage === 'production'",
    right: "stage === 'prod'",
  },
  GT1014: {
    title: 'TypeScript gives up on a file',
    text: 'The type checker itself failed: the file is nested deeper than it can follow, or something that is wrong in it meets a fault of TypeScript. What else is said of the file is mostly the cause.',
  },
  GT1101: {
    title: 'an amount of cores in the wrong form',
    text: "Cores are written in thousandths ('250m') or as a decimal ('2', '0.5', at most three decimals), without sign, blanks or exponent.",
    wrong: "resources: { cpu: '2 cores' }",
    right: "resources: { cpu: '2' }",
  },
  GT1102: {
    title: 'a size in the wrong form',
    text: "Sizes are written in powers of 1,024: Ki, Mi, Gi or Ti, with at most three decimals and without sign, blanks, exponent or leading zeros. 'MB' means half a dozen things, so it is not accepted.",
    wrong: "resources: { memory: '512MB' }",
    right: "resources: { memory: '512Mi' }",
  },
  GT1103: {
    title: 'a time in the wrong form',
    text: "Spans of time are a number and one of ms, s, m, h and d: '250ms', '30s', '1.5h'.",
    wrong: "health: { http: '/', port: 'http', every: '5sec' }",
    right: "health: { http: '/', port: 'http', every: '5s' }",
  },
  GT1104: {
    title: 'a share in the wrong form',
    text: "A share is more than 0% and at most 100%: '25%'. A plain number is a count.",
  },
  GT1105: {
    title: 'an image in the wrong form',
    text: "An image is named by its repository and a tag or a digest: 'postgres:17', 'registry.example:5000/shop/api:2.1'. Without a version the same document would mean another image tomorrow. An image of the stack's own is built: build('./api').",
    wrong: "image: 'postgres'",
    right: "image: 'postgres:17'",
  },
  GT1201: {
    title: 'a secret would become plain text',
    text: 'The value of a secret is not known while the plan is made, and must never be part of a document, a plan or a log. Hand over the path of its file, which works for most programs, or build the text where the task runs with text`…`.',
    wrong: 'args: [`--token=${token}`]',
    right: 'env: { TOKEN_FILE: token.file }',
  },
  GT1202: {
    title: 'something without a text would become text',
    text: 'The address of a port is known where the task runs, not while the plan is made; volumes and services have no text at all. text`…` puts a string together where the task runs.',
    wrong: 'env: { API: `http://${api.ports.http}/` }',
    right: 'env: { API: text`http://${api.ports.http}/` }',
  },
} as const satisfies Readonly<Record<string, CodeEntry>>
