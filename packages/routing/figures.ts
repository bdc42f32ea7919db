/** Figures as the sentences of a decision show them, the same in every locale. */

/** `$0.00012`, `$1.5`, `$12.34`: two significant digits below a dollar, cents above. */
export function usd(amount: number): string {
  if (!(amount > 0)) return '$0'
  if (amount < 1e-6) return 'under $0.000001'
  const decimals = amount >= 1 ? 2 : 1 - Math.floor(Math.log10(amount))
  const scale = 10 ** decimals
  return `$${Math.round(amount * scale) / scale}`
}

/** `1,234,567`. */
export function count(amount: number): string {
  const digits = String(Math.round(amount))
  if (digits.length <= 3 || digits.length > 15) return digits
  let grouped = digits.slice(0, digits.length % 3)
  for (let index = digits.length % 3; index < digits.length; index += 3) {
    grouped += `${grouped && ','}${digits.slice(index, index + 3)}`
  }
  return grouped
}

/** `37%`. */
export function percent(share: number): string {
  return `${Math.round(share * 100)}%`
}

/** Steady to a billionth of a dollar, so that sums do not show binary fractions. */
export function roundUsd(amount: number): number {
  return Math.round(amount * 1e9) / 1e9
}
