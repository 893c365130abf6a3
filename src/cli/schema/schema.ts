// The published JSON Schemas (draft 2020-12) of what gantry writes for other programs: the stack document and the plan.
// Invariant: they are made from the schemas that gantry itself parses with, so that they cannot say anything else. Two
// rules they do not carry: numbers that are bounded by others, and that conditions are at most 8 deep.

import { z } from 'zod'
import {
  budget,
  comparison,
  condition,
  configSpec,
  cronSpec,
  dependency,
  documentName,
  envValue,
  gate,
  image,
  ingressSpec,
  initContainer,
  jobSpec,
  mount,
  nameRule,
  parameter,
  placement,
  port,
  probe,
  reach,
  resources,
  restart,
  rollout,
  scaling,
  schedule,
  secretSpec,
  serviceSpec,
  share,
  sidecar,
  span,
  stackDocument,
  taskTemplate,
  textPart,
  volumeSpec,
} from '../../model/index.ts'
import { fieldChange, forecast, planSchema, planStep, unchanged } from '../../plan/index.ts'

/** Parts that are named in the schema: whoever reads it finds them under `$defs`. */
const documentParts = {
  budget,
  comparison,
  condition,
  config: configSpec,
  cron: cronSpec,
  dependency,
  env: envValue,
  gate,
  image,
  ingress: ingressSpec,
  initContainer,
  job: jobSpec,
  mount,
  parameter,
  placement,
  port,
  probe,
  reach,
  resources,
  restart,
  rollout,
  scaling,
  schedule,
  secret: secretSpec,
  service: serviceSpec,
  share,
  sidecar,
  task: taskTemplate,
  textPart,
  volume: volumeSpec,
}

export const schemaNames = ['document', 'plan'] as const
export type SchemaName = (typeof schemaNames)[number]

export const schemaFiles: Readonly<Record<SchemaName, string>> = {
  document: 'stack-document.schema.json',
  plan: 'plan.schema.json',
}

/** As text, with a line end at its end. */
export function schemaText(name: SchemaName): string {
  return `${JSON.stringify(schemaOf(name), null, 2)}\n`
}

export function schemaOf(name: SchemaName): object {
  return name === 'document'
    ? make(stackDocument, documentParts, {
        $id: 'urn:gantry:stack-document:1',
        title: 'The stack document of gantry',
        description:
          'What a stack program becomes: canonical JSON with every default resolved. Sizes are bytes, times milliseconds, cores thousandths.',
      })
    : make(
        planSchema,
        { change: fieldChange, forecast, span, step: planStep, unchanged },
        {
          $id: 'urn:gantry:plan:1',
          title: 'A plan of gantry',
          description:
            'What an apply would do to each thing of a stack, why, and how it would go: gantry plan --json.',
        },
      )
}

function make(schema: z.ZodType, parts: Readonly<Record<string, z.ZodType>>, heading: object): object {
  const names = z.registry<{ id: string; description?: string; pattern?: string }>()
  // A refinement has no form in JSON Schema; the rule of names is a pattern.
  names.add(documentName, { id: 'name', description: `A name: ${nameRule}.`, pattern: namePattern })
  for (const [id, part] of Object.entries(parts)) names.add(part, { id })
  const { $schema, ...rest } = z.toJSONSchema(schema, {
    metadata: names,
    target: 'draft-2020-12',
    override: ({ jsonSchema }) => {
      // zod's own name for a pattern that it writes as well.
      if (jsonSchema.format === 'starts_with') delete jsonSchema.format
    },
  })
  return { $schema, ...heading, ...rest }
}

/** `isName` as a pattern; a test holds the two together. */
const namePattern = '^(?!constructor$)[a-z](?:[a-z0-9-]{0,38}[a-z0-9])?$'
