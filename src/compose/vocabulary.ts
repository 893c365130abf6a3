// Every key of a Compose file and what becomes of it, in one table. Invariant: a key has one rule, found by its pattern;
// below an open key the rule of that key holds; what has no rule is refused with the nearest key that exists.

import { nearest } from '../model/index.ts'
import { below, changed, changedData, mapped, mappedData, refused, refusedBut } from './rule.ts'
import type { Rule, Rules } from './rule.ts'
import { buildRules, deployRules, developRules, portRules, serviceNetworkRules } from './vocabulary-parts.ts'
import { serviceRules } from './vocabulary-service.ts'

/** Version of the specification that the tables were written by: its schema and chapters of 2026-06-23. */
export const specification = 'compose-spec 170098ba07d9'

const extension = changedData(
  'what begins with x- has no meaning to Compose itself; its parts stand where they are used',
)
const oneNetwork =
  'tasks of a stack have one network; who may talk to whom follows from references, dependsOn and reaches'

const networkRules: Rules = {
  '': changed(oneNetwork),
  attachable: changed('other containers do not join the network of a stack'),
  driver: changed(oneNetwork),
  driver_opts: refused('the network of a stack has no options'),
  enable_ipv4: changed(oneNetwork),
  enable_ipv6: refusedBut(
    [false],
    'tasks have IPv4 addresses',
    'publish the port: hosts take IPv6 where they have it',
  ),
  external: refusedBut(
    [false],
    'a network outside of the stack cannot be joined',
    "declare what is on it in this stack, or use another stack's outputs",
  ),
  internal: refusedBut(
    [false],
    'tasks may open connections to the outside',
    'limit it in the network of the nodes',
  ),
  ipam: refused('addresses are given out by gantry', 'use the names of services'),
  labels: refused('networks have no labels'),
  name: changed(oneNetwork),
  'x-*': extension,
}

const volumeRules: Rules = {
  '': mapped('volume()'),
  driver: mapped('driver'),
  driver_opts: mappedData('driver'),
  external: refusedBut(
    [false],
    'a volume that gantry did not make is not taken over',
    'copy its data into the new volume, or mount its folder with the driver bind',
  ),
  labels: refused('volumes have no labels'),
  name: changed(
    'the volume is named in gantry as it is in this file; the data of the old one is not taken over',
  ),
  'x-*': extension,
}

const configRules: Rules = {
  '': mapped('config()'),
  content: mapped('content'),
  environment: mapped('content, from an input'),
  external: refusedBut([false], 'a config is declared with its content', 'write it to a file and name that'),
  file: mapped('file'),
  labels: refused('configs have no labels'),
  name: changed('a config has one name in the stack'),
  template_driver: refused('templates of Go are not carried out', 'use config({ template, values })'),
  'x-*': extension,
}

const secretRules: Rules = {
  '': mapped('secret()'),
  driver: refused('secrets are kept by gantry', 'set the value with gantry secret set'),
  driver_opts: refused('secrets are kept by gantry'),
  environment: mapped('input.secret()'),
  external: changed('its value is set with gantry secret set'),
  'external.name': changed('a secret has one name in the stack'),
  file: changed('the file is not read; its value is set with gantry secret set STACK/NAME < FILE'),
  labels: refused('secrets have no labels'),
  name: changed('a secret has one name in the stack'),
  template_driver: refused('a secret is a plain value', 'build the text with text`…`'),
  'x-*': extension,
}

const topRules: Rules = {
  version: mapped('it has no meaning any more'),
  name: mapped('the name of the stack'),
  include: mapped('the files were read, and what they declare is declared here'),
  'include.[].path': mapped('the files were read'),
  'include.[].project_directory': mapped('paths were read from there'),
  'include.[].env_file': mapped('the variables were read from there'),
  services: mapped('the services of the stack'),
  networks: changed(oneNetwork),
  volumes: mapped('the volumes of the stack'),
  configs: mapped('the configs of the stack'),
  secrets: mapped('the secrets of the stack'),
  models: refused('gantry runs no models by itself', 'run the model server as a service'),
  'x-*': extension,
}

/** By pattern: `services.*.ports.[].target`. */
export const vocabulary: ReadonlyMap<string, Rule> = new Map(
  Object.entries({
    ...topRules,
    ...below('services.*', {
      ...serviceRules,
      ...below('build', buildRules),
      ...below('deploy', deployRules),
      ...below('develop', developRules),
      ...below('networks', serviceNetworkRules),
      ...below('ports', portRules),
    }),
    ...below('networks.*', networkRules),
    ...below('volumes.*', volumeRules),
    ...below('configs.*', configRules),
    ...below('secrets.*', secretRules),
  }),
)

/** Maps whose keys are names that the author gives. */
const named: ReadonlySet<string> = new Set([...vocabulary.keys()].flatMap(parentOfName))

function parentOfName(pattern: string): string[] {
  const parts = pattern.split('.')
  return parts.flatMap((part, index) => (part === '*' ? [parts.slice(0, index).join('.')] : []))
}

/** The pattern of a key below a pattern. Below `services`, every key is `services.*`. */
export function patternBelow(parent: string, key: string): string {
  const last = named.has(parent) ? '*' : key.startsWith('x-') ? 'x-*' : key
  return parent === '' ? last : `${parent}.${last}`
}

export type Found =
  | { readonly kind: 'rule'; readonly rule: Rule }
  | { readonly kind: 'unknown'; readonly guess: string | undefined; readonly known: readonly string[] }

/** `pattern` is that of the key, `parent` that of the map it stands in. */
export function findRule(parent: string, pattern: string): Found {
  const rule = vocabulary.get(pattern)
  if (rule) return { kind: 'rule', rule }
  const key = pattern.slice(parent === '' ? 0 : parent.length + 1)
  // An extension may stand in any mapping.
  if (key === 'x-*') return { kind: 'rule', rule: extension }
  const known = keysBelow(parent)
  return { kind: 'unknown', guess: nearest(key, known), known }
}

function keysBelow(parent: string): string[] {
  const prefix = parent === '' ? '' : `${parent}.`
  return [...vocabulary.keys()]
    .filter((each) => each.startsWith(prefix))
    .map((each) => each.slice(prefix.length))
    .filter((each) => each !== '' && !/[.*[]/.test(each))
}
