// The thread in which programs' types are checked, one after the other. Invariant: of each it sends what it opened first,
// then its mistakes, and nothing else; what it throws ends it, and is the business of thread.ts.

import { parentPort } from 'node:worker_threads'
import { ProgramFiles } from '../files.ts'
import { typescriptChecker } from './checker.ts'
import type { Answer, Asked } from './thread.ts'

const post = (answer: Answer): void => parentPort?.postMessage(answer)

parentPort?.on('message', ({ folder, entry }: Asked) => {
  const read = new ProgramFiles(folder)
  const opened = typescriptChecker.open(read, entry)
  const { files, modules, calls, defaultExport } = opened
  post({ type: 'opened', program: { files, modules, calls, defaultExport }, digests: read.digests() })
  post({ type: 'diagnosed', mistakes: opened.diagnose() })
})
