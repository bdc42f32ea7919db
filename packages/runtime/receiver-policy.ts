import { type LookupAddress, type LookupOptions, lookup as systemLookup } from 'node:dns'
import type { LookupFunction } from 'node:net'
import { domainToASCII } from 'node:url'
import ipaddr from 'ipaddr.js'

/**
 * Which webhook receivers may be called. Whoever submits a job names a URL that
 * we then call from inside the operator's network, so only public addresses
 * pass, unless `webhooks.allow` names others.
 *
 * A URL is judged twice: when it is submitted, by what it says, and at every
 * connection, by what its name resolves to at that moment: a name may change
 * its mind in between.
 */
export interface ReceiverPolicy {
  /** What can be told from the URL alone; names are resolved at connection only. */
  checkUrl(url: string): ReceiverCheck
  /** Whether a connection to this address may be opened; false for what is no address. */
  allowsAddress(ip: string): boolean
  /**
   * For `connect` of `node:net` and undici: resolves as the system does, and
   * fails with `ReceiverPrivateError` when any of the answers may not be
   * connected to. Node does not call it for IP literals: check those too.
   */
  readonly lookup: LookupFunction
}

export type ReceiverCheck =
  | { ok: true; url: URL }
  | { ok: false; reason: 'invalid' | 'private'; message: string }

/** The receiver's address may not be connected to. */
export class ReceiverPrivateError extends Error {
  readonly code = 'receiver_private'
  constructor(message: string) {
    super(message)
    this.name = 'ReceiverPrivateError'
  }
}

export interface ReceiverPolicyOptions {
  /** Default: the system's resolver. */
  resolve?: Resolve
}

/** `dns.lookup` with `all`. */
export type Resolve = (
  hostname: string,
  options: LookupOptions & { all: true },
  callback: (error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => void,
) => void

type Address = ipaddr.IPv4 | ipaddr.IPv6
type Block = [Address, number]

/** Hosts by name, and addresses by block. A name also admits whatever it resolves to. */
interface Allowed {
  hosts: Set<string>
  /** `.example.com` for `*.example.com`. */
  suffixes: string[]
  blocks: Block[]
}

/** Names that mean this machine or this network wherever they are asked. */
const PRIVATE_NAME = /^(.+\.)?(localhost|local|internal)$/

/** Instance metadata and agents of clouds; the first stands in a public range. */
const CLOUD_ADDRESSES = new Set([
  '168.63.129.16',
  '169.254.169.254',
  '100.100.100.200',
  'fd00:ec2::254',
])

/** RFC 6052: on a network with IPv6 alone, public IPv4 receivers resolve into it. */
const NAT64: [ipaddr.IPv6, number] = ipaddr.IPv6.parseCIDR('64:ff9b::/96')

/** RFC 4291, section 2.4: all that is handed out so far. */
const GLOBAL_UNICAST: [ipaddr.IPv6, number] = ipaddr.IPv6.parseCIDR('2000::/3')

const LABEL = '[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?'
const HOST_NAME = new RegExp(`^${LABEL}(\\.${LABEL})*$`)

/**
 * @param allow `webhooks.allow`: host names (`hooks.corp.example`,
 *   `*.corp.example`), addresses, CIDR blocks
 * @throws {TypeError} an entry is none of these; see `checkAllowEntries`
 */
export function createReceiverPolicy(
  allow: readonly string[],
  options: ReceiverPolicyOptions = {},
): ReceiverPolicy {
  const faults = checkAllowEntries(allow)
  if (faults.length > 0) throw new TypeError(faults.join('; '))
  const allowed = allowedBy(allow)
  const resolve = options.resolve ?? systemLookup
  const allowsAddress = (ip: string) => {
    const address = parseAddress(ip)
    return address !== undefined && refusalOf(address, allowed) === undefined
  }
  return {
    checkUrl: text => checkUrl(text, allowed),
    allowsAddress,
    lookup: guardedLookup(resolve, host => allowsHost(host, allowed), allowsAddress),
  }
}

/** What is wrong with `webhooks.allow`, one sentence per faulty entry. */
export function checkAllowEntries(allow: readonly string[]): string[] {
  return allow
    .filter(entry => parseBlock(entry) === undefined && parseHost(entry) === undefined)
    .map(
      entry =>
        `"${entry}" is neither a host name ("hooks.example.com", "*.example.com") nor an address or CIDR block ("10.1.2.3", "10.0.0.0/8")`,
    )
}

function allowedBy(allow: readonly string[]): Allowed {
  const allowed: Allowed = { hosts: new Set(), suffixes: [], blocks: [] }
  for (const entry of allow) {
    const block = parseBlock(entry)
    const host = parseHost(entry)
    if (block) allowed.blocks.push(block)
    else if (host?.startsWith('*.')) allowed.suffixes.push(host.slice(1))
    else if (host) allowed.hosts.add(host)
  }
  return allowed
}

function checkUrl(text: string, allowed: Allowed): ReceiverCheck {
  const invalid = (message: string): ReceiverCheck => ({ ok: false, reason: 'invalid', message })
  // The parser is lenient: it takes `http:example.com` and drops line breaks.
  if (!/^https?:\/\/[^/?#\\\s]/i.test(text) || hasControlCharacters(text) || !URL.canParse(text)) {
    return invalid('must be an absolute http or https URL, such as https://example.com/hooks')
  }
  const url = new URL(text)
  if (url.username || url.password) {
    return invalid('must not hold a user name or password: deliveries are signed instead')
  }
  const host = bareHost(url.hostname)
  if (host === '') return invalid('must name a host')
  const refusal = refusalOfHost(host, allowed)
  if (refusal === undefined) return { ok: true, url }
  return {
    ok: false,
    reason: 'private',
    message: `${refusal}; an operator can add "${host}" to webhooks.allow`,
  }
}

function refusalOfHost(host: string, allowed: Allowed): string | undefined {
  const address = parseAddress(host)
  if (address) return refusalOf(address, allowed)
  if (!PRIVATE_NAME.test(host) || allowsHost(host, allowed)) return undefined
  return `${host} is not a public host`
}

function allowsHost(host: string, allowed: Allowed): boolean {
  const name = bareHost(host)
  return allowed.hosts.has(name) || allowed.suffixes.some(suffix => name.endsWith(suffix))
}

/** Why no connection may go there; undefined when one may. */
function refusalOf(address: Address, allowed: Allowed): string | undefined {
  const destination = destinationOf(address)
  const isAllowed = allowed.blocks.some(
    block => contains(block, address) || contains(block, destination),
  )
  if (isAllowed || isPublic(destination)) return undefined
  return `${address.toString()} is not a public address`
}

/** The IPv4 address that packets to an IPv6 address end up at, where it says so; else itself. */
function destinationOf(address: Address): Address {
  if (!isIPv6(address)) return address
  if (address.isIPv4MappedAddress()) return address.toIPv4Address()
  return address.match(NAT64) ? ipaddr.fromByteArray(address.toByteArray().slice(12)) : address
}

/** `range()` calls everything unicast that no list names, IPv4-compatible `::7f00:1` included. */
function isPublic(address: Address): boolean {
  if (address.range() !== 'unicast' || CLOUD_ADDRESSES.has(address.toString())) return false
  return !isIPv6(address) || address.match(GLOBAL_UNICAST)
}

function contains([network, bits]: Block, address: Address): boolean {
  return network.kind() === address.kind() && address.match(network, bits)
}

function guardedLookup(
  resolve: Resolve,
  allowsHost: (host: string) => boolean,
  allowsAddress: (ip: string) => boolean,
): LookupFunction {
  return (hostname, options, callback) => {
    resolve(hostname, { ...options, all: true }, (error, addresses) => {
      if (error) return callback(error, '', 0)
      const refused = allowsHost(hostname)
        ? undefined
        : addresses.find(({ address }) => !allowsAddress(address))
      if (refused) {
        const message = `${hostname} resolves to ${refused.address}, which is not a public address`
        return callback(new ReceiverPrivateError(message), '', 0)
      }
      const [first] = addresses
      if (!first) return callback(noAddress(hostname), '', 0)
      if (options.all) return callback(null, addresses)
      callback(null, first.address, first.family)
    })
  }
}

function noAddress(hostname: string): NodeJS.ErrnoException {
  return Object.assign(new Error(`${hostname} has no address`), { code: 'ENOTFOUND' })
}

/** Without the brackets of IPv6 literals and the dot of fully qualified names. */
function bareHost(hostname: string): string {
  return hostname
    .replace(/^\[(.*)\]$/, '$1')
    .replace(/\.$/, '')
    .toLowerCase()
}

function hasControlCharacters(text: string): boolean {
  return [...text].some(character => character <= ' ' || character === '\x7f')
}

/** Dotted IPv4 of four parts, or IPv6: what URLs and resolvers hand out. */
function parseAddress(text: string): Address | undefined {
  if (ipaddr.IPv4.isValidFourPartDecimal(text)) return ipaddr.IPv4.parse(text)
  return ipaddr.IPv6.isValid(text) ? ipaddr.IPv6.parse(text) : undefined
}

function isIPv6(address: Address): address is ipaddr.IPv6 {
  return address.kind() === 'ipv6'
}

function parseBlock(entry: string): Block | undefined {
  const address = parseAddress(entry)
  if (address) return [address, isIPv6(address) ? 128 : 32]
  if (ipaddr.IPv4.isValidCIDRFourPartDecimal(entry)) return ipaddr.IPv4.parseCIDR(entry)
  return ipaddr.IPv6.isValidCIDR(entry) ? ipaddr.IPv6.parseCIDR(entry) : undefined
}

/** In the form that URLs have: lower case, Punycode; `*.` stays in front. */
function parseHost(entry: string): string | undefined {
  // `domainToASCII` drops what follows a host in a URL.
  if (/[/?#\\]/.test(entry)) return undefined
  const wildcard = entry.startsWith('*.') ? '*.' : ''
  const host = bareHost(domainToASCII(entry.slice(wildcard.length)))
  const lastLabel = host.slice(host.lastIndexOf('.') + 1)
  if (!HOST_NAME.test(host) || host.length > 253 || /^\d+$/.test(lastLabel)) return undefined
  return wildcard + host
}
