// `gantry secret set|list`: values come in from standard input and never go out again.

import { isName, nameRule, exitCodes, Fault, humanDuration, textOfBytes } from '../../model/index.ts'
import type { Command } from '../context.ts'
import { renderTable } from '../table.ts'

const limitBytes = 64 * 1024

export interface SecretSetArgs {
  readonly address: string
  readonly stdin: NodeJS.ReadStream
  readonly keepNewline: boolean
}

export const runSecretSet: Command<SecretSetArgs> = async ({ terminal, withClient }, args) => {
  const [stack = '', name = '', more] = args.address.replace('secret:', '').split('/')
  if (!isName(stack) || !isName(name) || more !== undefined)
    throw new Fault({
      what: `${JSON.stringify(args.address)} is not the name of a secret`,
      fix: `write STACK/NAME, each ${nameRule}`,
      exit: exitCodes.usage,
    })
  if (args.stdin.isTTY)
    throw new Fault({
      what: 'the value of a secret is read from standard input, and that is a terminal',
      fix: `pipe it in: printf %s "$VALUE" | gantry secret set ${stack}/${name}`,
      exit: exitCodes.usage,
    })
  const value = await readAll(args.stdin)
  const plain = args.keepNewline ? value : withoutLineEnd(value)
  if (plain.length === 0)
    throw new Fault({
      what: 'the value is empty',
      fix: 'a secret has 1 to 65536 bytes',
      exit: exitCodes.usage,
    })
  const version = await withClient((client) =>
    client.setSecret({ stack, name, value: plain.toString('base64') }),
  )
  terminal.out(`${stack}/secret:${name} is at version ${version}`)
  return exitCodes.ok
}

async function readAll(stdin: NodeJS.ReadStream): Promise<Buffer> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of stdin as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > limitBytes)
      throw new Fault({
        what: 'the value is too large',
        fix: 'a secret has 1 to 65536 bytes',
        exit: exitCodes.usage,
      })
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

/** One line end at the end of a text, which echo and editors add, is not part of the value; of other bytes all are. */
export function withoutLineEnd(value: Buffer): Buffer {
  if (value.at(-1) !== 0x0a || textOfBytes(value) === null) return value
  return value.subarray(0, value.at(-2) === 0x0d ? -2 : -1)
}

export interface SecretListArgs {
  readonly stack: string | undefined
  readonly json: boolean
}

export const runSecretList: Command<SecretListArgs> = async ({ terminal, clock, withClient }, args) => {
  const secrets = await withClient((client) => client.listSecrets(args.stack))
  if (args.json) terminal.out(JSON.stringify({ format_version: 1, secrets }, null, 2))
  else if (secrets.length === 0) terminal.out('no secrets')
  else
    terminal.out(
      renderTable(
        secrets,
        [
          { title: 'SECRET', cell: (secret) => secret.address, min: 20 },
          {
            title: 'VERSION',
            cell: (secret) => String(secret.versions.at(-1)?.version ?? '-'),
            align: 'right',
          },
          {
            title: 'SET',
            cell: (secret) => {
              const newest = secret.versions.at(-1)
              return newest
                ? `${humanDuration(Math.max(0, clock.now() - newest.createdAt))} ago by ${newest.createdBy}`
                : 'no value yet'
            },
          },
          {
            title: 'NOTE',
            cell: (secret) => (secret.declared ? (secret.generated ? 'generated' : '') : 'in no stack'),
          },
        ],
        terminal.width,
        terminal.color.dim,
      ),
    )
  return exitCodes.ok
}
