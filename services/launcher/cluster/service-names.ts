/** In the order in which they are stopped: intake first. */
export const serviceNames = ['ingress', 'dispatcher', 'router', 'worker', 'courier'] as const
export type ServiceName = (typeof serviceNames)[number]
