const versions = new Map([['front', '2.1']])

export function imageOf(name: string): `${string}:${string}` {
  const version = versions.get(name)
  if (version === undefined) {
    throw new Error(`no version of ${name} is known`)
  }
  return `shop/${name}:${version}`
}
