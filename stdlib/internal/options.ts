// What a component was given that it does not know. Types say so where options are written at the call; this says so when
// they come from elsewhere. Invariant: nothing that was given is ignored. It is no component: a stack cannot import it.

/** The name of each option, so that none can be forgotten here that the interface has. */
export type NamesOf<Options> = { readonly [Name in keyof Required<Options>]: true }

/** The compiler tells it in the words that it has for fields, and where the component was called (compiler/thrown.ts). */
class UnknownOption extends Error {
  constructor(component: string, within: readonly string[], option: string, known: readonly string[]) {
    super(JSON.stringify([component, within, option, known]))
    this.name = 'UnknownOption'
  }
}

/** `within` is the option that `given` is the value of; not given, it is all that the component was given. */
export function refuseOthers(
  component: string,
  given: object,
  names: Readonly<Record<string, true>>,
  within: readonly string[] = [],
): void {
  const unknown = Object.keys(given).find((name) => !Object.hasOwn(names, name))
  if (unknown !== undefined) throw new UnknownOption(component, within, unknown, Object.keys(names))
}
