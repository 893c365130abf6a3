// What a component was given that it does not know. Types say so where options are written at the call; this says so when
// they come from elsewhere. Invariant: nothing that was given is ignored.

/** `rest` is what remains of the options without those that the component takes; throws when that is anything. */
export function refuseOthers(component: string, rest: object): void {
  const [unknown] = Object.keys(rest)
  if (unknown !== undefined) throw new Error(`${component} has no option '${unknown}'`)
}
