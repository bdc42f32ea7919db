import { once } from 'node:events'
import { createServer } from 'node:net'

export interface ListenAddress {
  host: string
  /** 0: any that is free. */
  port: number
}

/** Where people set the two, for the remedy: `PORT`, or `--port`. */
export interface AddressSettings {
  host: string
  port: string
}

/** A service cannot listen where it is told to; the message says what to change. */
export class ListenAddressError extends Error {
  readonly code = 'listen_address'
  constructor(message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'ListenAddressError'
  }
}

/**
 * To be asked before anything is started: a process that takes work first, and
 * finds its port taken then, has to leave that work behind.
 * @throws {ListenAddressError} one cannot listen there at the moment
 */
export async function checkListenAddress(
  address: ListenAddress,
  settings: AddressSettings,
): Promise<void> {
  if (address.port === 0) return
  const server = createServer()
  try {
    server.listen(address.port, address.host)
    await once(server, 'listening')
  } catch (error) {
    throw new ListenAddressError(explain(error, address, settings), { cause: error })
  }
  server.close()
  await once(server, 'close')
}

function explain(error: unknown, { host, port }: ListenAddress, settings: AddressSettings): string {
  const { code, message } = error as NodeJS.ErrnoException
  switch (code) {
    case 'EADDRINUSE':
      return `port ${port} of ${host} is taken: stop what listens there, or name another port with ${settings.port}`
    case 'EACCES':
      return `port ${port} of ${host} is not for this user: name one from 1024 on with ${settings.port}`
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return `${host} is no address of this machine: correct ${settings.host}`
    default:
      return `one cannot listen on port ${port} of ${host}: ${message}`
  }
}
