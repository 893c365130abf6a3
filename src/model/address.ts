// Names and addresses: `stack/service`, `stack/service.3`, `stack/volume:data`, `stack/secret:token`. Invariant: a
// name is a DNS label, so an address can be a host name, a file name and a Docker name without escaping. It does
// not say whether the thing named exists.

const namePattern = /^[a-z](?:[a-z0-9-]{0,38}[a-z0-9])?$/

/** Every plain object has a member of this name, so looking it up in a record would find what nobody declared. */
const reserved = 'constructor'

/** What a name must look like, in the words every message uses. */
export const nameRule = `lower-case letters, digits and "-", starting with a letter and not ending with "-", at most 40 characters, and not "${reserved}"`

export function isName(text: string): boolean {
  return namePattern.test(text) && text !== reserved
}

/** `stack/service` or `stack/job`. */
export type ServiceAddress = string
/** `stack/volume:name` or `stack/secret:name`. */
export type ResourceAddress = string

export function serviceAddress(stack: string, name: string): ServiceAddress {
  return `${stack}/${name}`
}

export function volumeAddress(stack: string, name: string): ResourceAddress {
  return `${stack}/volume:${name}`
}

export function secretAddress(stack: string, name: string): ResourceAddress {
  return `${stack}/secret:${name}`
}

export function configAddress(stack: string, name: string): ResourceAddress {
  return `${stack}/config:${name}`
}

export function ingressAddress(stack: string, name: string): ResourceAddress {
  return `${stack}/ingress:${name}`
}

export function stackOf(address: string): string {
  return address.slice(0, address.indexOf('/'))
}

/** The part behind the stack and the kind: `api` of `shop/api`, `data` of `shop/volume:data`. */
export function nameOf(address: string): string {
  return address.slice(Math.max(address.indexOf('/'), address.indexOf(':')) + 1)
}

/** The host name under which a service is found inside its cluster. */
export function hostName(service: ServiceAddress): string {
  return `${nameOf(service)}.${stackOf(service)}.internal`
}

export type Selector =
  | { readonly kind: 'stack'; readonly stack: string }
  | { readonly kind: 'service'; readonly stack: string; readonly name: string }
  | { readonly kind: 'task'; readonly stack: string; readonly name: string; readonly slot: number }

/** What a person writes to point at things: `shop`, `shop/api` or `shop/api.3`; undefined when it is none of them. */
export function parseSelector(text: string): Selector | undefined {
  const match = /^([^/]+)(?:\/([^/.]+)(?:\.([1-9]\d{0,5}))?)?$/.exec(text)
  if (!match?.[1] || !isName(match[1])) return undefined
  if (match[2] === undefined) return { kind: 'stack', stack: match[1] }
  if (!isName(match[2])) return undefined
  if (match[3] === undefined) return { kind: 'service', stack: match[1], name: match[2] }
  return { kind: 'task', stack: match[1], name: match[2], slot: Number(match[3]) }
}
