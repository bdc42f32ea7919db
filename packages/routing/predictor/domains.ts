export { type Domain, domains } from '@longhaul/contracts'
