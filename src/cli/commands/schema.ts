// `gantry schema [NAME]`: the JSON Schema of the stack document, or of the plan.

import { exitCodes } from '../../model/index.ts'
import type { Command } from '../context.ts'
import { schemaText } from '../schema/schema.ts'
import type { SchemaName } from '../schema/schema.ts'

export const runSchema: Command<{ readonly name: SchemaName }> = async ({ terminal }, { name }) => {
  terminal.out(schemaText(name).trimEnd())
  return exitCodes.ok
}
