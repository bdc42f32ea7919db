export { Courier, type CourierDependencies } from './courier.ts'
