// X.509 certificates of a cluster: its CA, and one for each NATS server that the CA vouches for. Invariant: a server's
// certificate names every server alike (`natsHostName`) and, for the routes between them, its own address; keys are
// P-256 and are made here. The DER is written by hand, since it is three shapes (RFC 5280): Node signs, and reads what
// was written. Verifying is TLS's own business.

import {
  X509Certificate,
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  randomBytes,
  sign,
} from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { isIP } from 'node:net'
import { natsHostName } from '../../model/index.ts'
import type { Duration, Instant } from '../../model/index.ts'

/** PEM, both. */
export interface Certified {
  readonly certificate: string
  readonly key: string
}

const dayMs: Duration = 24 * 60 * 60 * 1000
const caDays = 20 * 365
const serverDays = 365
/** Clocks of hosts differ. */
const backdateMs: Duration = dayMs

/** A new CA; `name` is for people. */
export function createCa(name: string, now: Instant): Certified {
  const { publicKey, privateKey } = newKey()
  const subject = distinguishedName(name)
  const keyId = keyIdOf(publicKey)
  const body = {
    subject,
    issuer: subject,
    publicKey,
    from: now - backdateMs,
    to: now + caDays * dayMs,
    extensions: [
      extension(oids.basicConstraints, true, sequence(boolean(true), integer(Buffer.of(0)))),
      extension(oids.keyUsage, true, bits(0x06, 1)), // keyCertSign, cRLSign
      extension(oids.subjectKeyId, false, octets(keyId)),
    ],
  }
  return { certificate: signed(body, privateKey), key: pemOf(privateKey) }
}

/** A certificate for the NATS server at these hosts: names or IP addresses, without ports. */
export function issueCertificate(ca: Certified, hosts: readonly string[], now: Instant): Certified {
  const { publicKey, privateKey } = newKey()
  const caKey = createPrivateKey(ca.key)
  const names = [natsHostName, ...new Set(hosts)].map((host) =>
    isIP(host) === 0 ? der(0x82, Buffer.from(host, 'latin1')) : der(0x87, ipBytes(host)),
  )
  const body = {
    subject: distinguishedName(natsHostName),
    issuer: subjectOf(ca.certificate),
    publicKey,
    from: now - backdateMs,
    to: now + serverDays * dayMs,
    extensions: [
      extension(oids.basicConstraints, true, sequence()),
      extension(oids.keyUsage, true, bits(0x80, 7)), // digitalSignature
      extension(oids.extendedKeyUsage, false, sequence(oid(oids.serverAuth), oid(oids.clientAuth))),
      extension(oids.subjectAltName, false, sequence(...names)),
      extension(oids.authorityKeyId, false, sequence(der(0x80, keyIdOf(createPublicKey(caKey))))),
      extension(oids.subjectKeyId, false, octets(keyIdOf(publicKey))),
    ],
  }
  return { certificate: signed(body, caKey), key: pemOf(privateKey) }
}

/** SHA-256 of a certificate, in 64 hexadecimal digits. */
export function fingerprintOf(certificate: string | Uint8Array): string {
  return createHash('sha256').update(new X509Certificate(certificate).raw).digest('hex')
}

/** Whether it is time for a new one: two thirds of its life are over, or it does not name one of these hosts. */
export function isWorn(certificate: string, hosts: readonly string[], now: Instant): boolean {
  const parsed = new X509Certificate(certificate)
  const from = Date.parse(parsed.validFrom)
  const to = Date.parse(parsed.validTo)
  const names = hosts.every((host) => (isIP(host) === 0 ? parsed.checkHost(host) : parsed.checkIP(host)))
  return now > from + ((to - from) * 2) / 3 || !names
}

/** Whether the CA vouches for it, now. */
export function isIssuedBy(certificate: string, ca: string): boolean {
  const [own, issuer] = [new X509Certificate(certificate), new X509Certificate(ca)]
  return own.checkIssued(issuer) && own.verify(issuer.publicKey)
}

// --- DER ------------------------------------------------------------------------------------------------------

const oids = {
  ecdsaWithSha256: [1, 2, 840, 10045, 4, 3, 2],
  commonName: [2, 5, 4, 3],
  subjectKeyId: [2, 5, 29, 14],
  keyUsage: [2, 5, 29, 15],
  subjectAltName: [2, 5, 29, 17],
  basicConstraints: [2, 5, 29, 19],
  authorityKeyId: [2, 5, 29, 35],
  extendedKeyUsage: [2, 5, 29, 37],
  serverAuth: [1, 3, 6, 1, 5, 5, 7, 3, 1],
  clientAuth: [1, 3, 6, 1, 5, 5, 7, 3, 2],
} as const

interface Body {
  readonly subject: Buffer
  readonly issuer: Buffer
  readonly publicKey: KeyObject
  readonly from: Instant
  readonly to: Instant
  readonly extensions: readonly Buffer[]
}

function signed(body: Body, key: KeyObject): string {
  const algorithm = sequence(oid(oids.ecdsaWithSha256))
  const serial = randomBytes(16)
  serial[0] = ((serial[0] ?? 0) & 0x7f) | 0x40 // positive, and of full length
  const toBeSigned = sequence(
    der(0xa0, integer(Buffer.of(2))), // version 3
    integer(serial),
    algorithm,
    body.issuer,
    sequence(time(body.from), time(body.to)),
    body.subject,
    body.publicKey.export({ type: 'spki', format: 'der' }),
    der(0xa3, sequence(...body.extensions)),
  )
  const whole = sequence(toBeSigned, algorithm, bits(sign('sha256', toBeSigned, key)))
  return new X509Certificate(whole).toString()
}

function der(tag: number, ...parts: readonly Uint8Array[]): Buffer {
  const body = Buffer.concat(parts)
  const length =
    body.length < 0x80
      ? [body.length]
      : body.length < 0x100
        ? [0x81, body.length]
        : [0x82, body.length >> 8, body.length & 0xff]
  return Buffer.concat([Buffer.of(tag, ...length), body])
}

const sequence = (...parts: readonly Uint8Array[]) => der(0x30, ...parts)
const integer = (bytes: Uint8Array) => der(0x02, bytes)
const octets = (bytes: Uint8Array) => der(0x04, bytes)
const boolean = (value: boolean) => der(0x01, Buffer.of(value ? 0xff : 0))

/** Of one byte, of which the last `unused` bits do not count, or of many. */
function bits(value: number | Uint8Array, unused = 0): Buffer {
  return der(0x03, Buffer.of(unused), typeof value === 'number' ? Buffer.of(value) : value)
}

function oid([first = 0, second = 0, ...rest]: readonly number[]): Buffer {
  const bytes = [first * 40 + second]
  for (const arc of rest) {
    const digits = [arc & 0x7f]
    for (let left = arc >> 7; left > 0; left >>= 7) digits.unshift((left & 0x7f) | 0x80)
    bytes.push(...digits)
  }
  return der(0x06, Buffer.from(bytes))
}

function extension(id: readonly number[], isCritical: boolean, value: Buffer): Buffer {
  return sequence(oid(id), ...(isCritical ? [boolean(true)] : []), octets(value))
}

function distinguishedName(commonName: string): Buffer {
  return sequence(der(0x31, sequence(oid(oids.commonName), der(0x0c, Buffer.from(commonName)))))
}

/** UTCTime until 2049, GeneralizedTime after, as RFC 5280 wants it. */
function time(at: Instant): Buffer {
  const text = new Date(at).toISOString().replaceAll(/[-:T]|\.\d+/g, '')
  return text < '2050' ? der(0x17, Buffer.from(text.slice(2))) : der(0x18, Buffer.from(text))
}

/** The subject of a CA that was made here: its name is its only part. */
function subjectOf(certificate: string): Buffer {
  return distinguishedName(new X509Certificate(certificate).subject.replace(/^CN=/, ''))
}

function keyIdOf(publicKey: KeyObject): Buffer {
  return createHash('sha1')
    .update(publicKey.export({ type: 'spki', format: 'der' }))
    .digest()
}

function ipBytes(address: string): Buffer {
  if (isIP(address) === 4) return Buffer.from(address.split('.').map(Number))
  // The parser of URLs knows every way to write one, and gives the shortest in hexadecimal digits.
  const [head = '', tail] = new URL(`http://[${address}]`).hostname.slice(1, -1).split('::')
  const groups = (text: string) => (text === '' ? [] : text.split(':').map((group) => parseInt(group, 16)))
  const [before, after] = [groups(head), groups(tail ?? '')]
  const zeros = tail === undefined ? 0 : 8 - before.length - after.length
  const all = [...before, ...Array.from({ length: zeros }, () => 0), ...after]
  return Buffer.from(all.flatMap((group) => [group >> 8, group & 0xff]))
}

function newKey(): { readonly publicKey: KeyObject; readonly privateKey: KeyObject } {
  return generateKeyPairSync('ec', { namedCurve: 'prime256v1' })
}

function pemOf(key: KeyObject): string {
  return key.export({ type: 'pkcs8', format: 'pem' }).toString()
}
