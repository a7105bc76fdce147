/* Decimal figures as the API writes them (strings), added and shared out exactly. */

interface Decimal { n: bigint; scale: number }

/** Null for what is no figure. */
export function parseDecimal(text: string): Decimal | null {
  const match = /^\s*(-?)(\d+)(?:\.(\d+))?\s*$/.exec(text.normalize('NFKC'))
  if (!match) return null
  const digits = match[3] ?? ''
  const n = BigInt(`${match[2]}${digits}`)
  return { n: match[1] ? -n : n, scale: digits.length }
}

function at(one: Decimal, scale: number): bigint {
  return one.n * 10n ** BigInt(scale - one.scale)
}

export function decimalText({ n, scale }: Decimal): string {
  const sign = n < 0n ? '-' : ''
  const digits = String(n < 0n ? -n : n).padStart(scale + 1, '0')
  if (scale === 0) return sign + digits
  const rest = digits.slice(-scale).replace(/0+$/, '')
  return `${sign}${digits.slice(0, -scale)}${rest && `.${rest}`}`
}

/** The sum of those that are figures. */
export function sumOf(texts: readonly string[]): string {
  const all = texts.map(parseDecimal).filter((one): one is Decimal => one !== null)
  const scale = Math.max(0, ...all.map((one) => one.scale))
  return decimalText({ n: all.reduce((sum, one) => sum + at(one, scale), 0n), scale })
}

/** `a - b`; null when either is no figure. */
export function differenceOf(a: string, b: string): string | null {
  const [x, y] = [parseDecimal(a), parseDecimal(b)]
  if (!x || !y) return null
  const scale = Math.max(x.scale, y.scale)
  return decimalText({ n: at(x, scale) - at(y, scale), scale })
}

/** As even as the figure's own digits allow; the first ones take what is over. The parts always add up. */
export function sharesOf(total: string, parts: number): string[] {
  const whole = parseDecimal(total)
  if (!whole || parts < 1) return []
  const each = whole.n / BigInt(parts)
  const over = Number(whole.n - each * BigInt(parts))
  return Array.from({ length: parts }, (_, i) => decimalText({ n: each + (i < Math.abs(over) ? (over < 0 ? -1n : 1n) : 0n), scale: whole.scale }))
}

/** A rate is the same for all and is never shared out. */
export function isRate(unit: string | null): boolean {
  return unit !== null && /[%％‰\/]|百分点|每/u.test(unit)
}
