import { freePort } from '@longhaul/embedded-postgres'
import { checkListenAddress } from '@longhaul/runtime'
import { StartError } from '../expected-error.ts'
import { type ServiceName, serviceNames } from './service-names.ts'

export interface Seat {
  /** `worker-2` */
  name: string
  service: ServiceName
  port: number
}

const MAX_PORT = 65_535
const SETTINGS = { host: 'LONGHAUL_HOST', port: '--port, or LONGHAUL_PORT' }

/**
 * A name and a port for each process. Ingresses have consecutive ports from `port` on, or any when that is 0.
 * @throws {StartError | ListenAddressError} one of these is taken, or there are not so many
 */
export async function seatsOf(counts: Record<ServiceName, number>, port: number): Promise<Seat[]> {
  const seats: Seat[] = []
  for (const service of serviceNames) {
    for (let number = 1; number <= counts[service]; number += 1) {
      const fixed = service === 'ingress' && port !== 0
      seats.push({
        name: `${service}-${number}`,
        service,
        port: fixed ? await ownPort(port + number - 1) : await otherPort(seats),
      })
    }
  }
  return seats
}

/** Where another listens already, its answers would be taken for those of the ingress. */
async function ownPort(port: number): Promise<number> {
  if (port > MAX_PORT) {
    throw new StartError(
      `Ingresses have consecutive ports, and there is none above ${MAX_PORT}: begin lower with ${SETTINGS.port}.`,
    )
  }
  await checkListenAddress({ host: '127.0.0.1', port }, SETTINGS)
  return port
}

async function otherPort(taken: readonly Seat[]): Promise<number> {
  for (;;) {
    const port = await freePort()
    if (!taken.some(seat => seat.port === port)) return port
  }
}
