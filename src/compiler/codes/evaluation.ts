// Evaluation: a program that throws, or does not end within its limits.

import type { CodeEntry } from './entry.ts'

export const evaluationCodes = {
  GT5001: {
    title: 'the stack throws an error',
    text: 'The program itself threw, or did something that JavaScript does not allow. The marked place is where; the places below are the calls that led there.',
  },
  GT5002: {
    title: 'the stack does not end',
    text: 'The evaluation was stopped after a fixed number of loops and calls, the same on every machine. A stack that declares thousands of services needs a hundredth of it.',
  },
  GT5003: {
    title: 'the stack takes too long',
    text: 'The evaluation was stopped by the clock.',
  },
  GT5004: {
    title: 'calls without end',
    text: 'A function calls itself, directly or through others, deeper than the sandbox allows; or a value is nested too deep.',
  },
  GT5005: {
    title: 'the stack needs too much memory',
    text: 'The sandbox has 128 MiB, which is enough for tens of thousands of declarations.',
  },
  GT5006: {
    title: 'a stack declares too much',
    text: 'A stack declares at most 50,000 services, jobs, volumes and the like. More come of a loop that was not meant, mostly.',
  },
} as const satisfies Readonly<Record<string, CodeEntry>>
