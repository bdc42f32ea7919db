import { freePort } from '@longhaul/embedded-postgres'
import { type ServiceName, serviceNames } from './service-names.ts'

export interface Seat {
  /** `worker-2` */
  name: string
  service: ServiceName
  port: number
}

/** A name and a port for each process. Ingresses have consecutive ports from `port` on, or any when that is 0. */
export async function seatsOf(counts: Record<ServiceName, number>, port: number): Promise<Seat[]> {
  const seats: Seat[] = []
  for (const service of serviceNames) {
    for (let number = 1; number <= counts[service]; number += 1) {
      const fixed = service === 'ingress' && port !== 0
      seats.push({
        name: `${service}-${number}`,
        service,
        port: fixed ? port + number - 1 : await otherPort(seats),
      })
    }
  }
  return seats
}

async function otherPort(taken: readonly Seat[]): Promise<number> {
  for (;;) {
    const port = await freePort()
    if (!taken.some(seat => seat.port === port)) return port
  }
}
