// What one import has at hand: the report, the variables, the files beside the Compose file. Invariant: everything a
// translation needs from outside comes through here, so that the same files give the same text.

import type { Ledger } from './ledger.ts'
import type { Identifiers } from './names.ts'
import type { Variables } from './variables.ts'

/** Why a file gave no text. */
export type FileTrouble =
  'missing' | 'folder' | 'outside' | 'no text' | 'too large' | 'special' | 'unreadable'

export type FileAnswer =
  { readonly ok: true; readonly text: string } | { readonly ok: false; readonly trouble: FileTrouble }

/** The files of the folder that the Compose file stands in, by their paths relative to it, with `/`. */
export interface Files {
  /** Reads a text of at most 1 MiB. */
  read(path: string): FileAnswer
}

export interface Session {
  readonly ledger: Ledger
  readonly variables: Variables
  readonly identifiers: Identifiers
  readonly files: Files
  /** Absolute path of the folder, with `/`: what relative paths of the node become. */
  readonly folder: string
  /** Name of the stack. */
  readonly stack: string
}

export const troubleWords: Readonly<Record<FileTrouble, string>> = {
  missing: 'the file is not there',
  folder: 'it is a folder',
  outside: 'it is outside of the folder of the Compose file',
  'no text': 'the file is no text',
  'too large': 'the file is larger than 1 MiB',
  special: 'it is no plain file, but a device, a pipe or a socket',
  unreadable: 'the file cannot be read',
}
