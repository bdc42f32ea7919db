export { Ingress, type IngressDependencies, type IngressOptions } from './ingress.ts'
