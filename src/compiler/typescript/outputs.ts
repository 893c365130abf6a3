// Words for outputs of another stack that its type does not have, or that no type was given for. It decides nothing but
// those: other members are names.ts.

import { nearest } from '../../model/values.ts'
import type ts from 'typescript'
import { calleeOf, constantOf, gantryWord, skipOuter, symbolOf } from './collect.ts'
import type { Collector } from './collect.ts'
import type { Marked } from './finding.ts'

/** `owner` is what the name is looked for in; undefined when that is nothing that outputs() gave. */
export function unknownOutput(collector: Collector, owner: ts.Expression, name: string): Marked | undefined {
  const { ts, checker } = collector
  const written = skipOuter(collector, owner)
  const made = ts.isIdentifier(written) ? constantOf(collector, written) : written
  if (!made || !ts.isCallExpression(made)) return undefined
  const symbol = symbolOf(collector, skipOuter(collector, calleeOf(made)))
  if (!symbol || gantryWord(collector, symbol) !== 'outputs') return undefined
  const [of] = made.arguments
  const stack = of && ts.isStringLiteralLike(of) ? of.text : undefined
  const subject = stack === undefined ? made.getText() : `stack '${stack}'`
  if (!made.typeArguments)
    return untyped(collector, made, stack, made.getSourceFile() === owner.getSourceFile())
  const known = checker.getPropertiesOfType(checker.getTypeAtLocation(owner)).map((each) => each.name)
  const guess = nearest(name, known)
  return {
    code: 'GT1009',
    summary: known.length === 0 ? `${subject} returns no outputs` : `${subject} has no output '${name}'`,
    ...(guess === undefined ? {} : { label: `did you mean '${guess}'?` }),
  }
}

/** One mistake, however many outputs are asked for: at the call, if that is in the same file. */
function untyped(
  { ts }: Collector,
  made: ts.CallExpression,
  stack: string | undefined,
  isInFile: boolean,
): Marked {
  const file = `${stack ?? 'other'}.stack.ts`
  const imported = made.getSourceFile().statements.flatMap((each) => {
    const isOfStack =
      ts.isImportDeclaration(each) &&
      ts.isStringLiteral(each.moduleSpecifier) &&
      each.moduleSpecifier.text.endsWith(`/${file}`)
    return isOfStack && each.importClause?.name ? [each.importClause.name.text] : []
  })[0]
  const type =
    imported ?? (stack ?? 'other').replaceAll(/-+(.)/g, (_, letter: string) => letter.toUpperCase())
  const given = made.arguments.map((each) => each.getText()).join(', ')
  const call = `${calleeOf(made).getText()}<typeof ${type}>(${given})`
  return {
    code: 'GT1009',
    summary: `the outputs of ${stack === undefined ? 'the other stack' : `stack '${stack}'`} are not known here`,
    label: 'it is not told the type of that stack',
    fix: `write ${call}${imported === undefined ? `, with import type ${type} from './${file}'` : ''}`,
    isThere: true,
    ...(isInFile ? { node: calleeOf(made) } : {}),
  }
}
