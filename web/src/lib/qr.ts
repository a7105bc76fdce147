/* A QR code, drawn here: a secret goes through no other host. Byte mode, error correction level M, versions 1 to 15 (412 bytes).
 * Source: ISO/IEC 18004:2015 (7.4 data, 7.5 correction, 7.6 interleaving, 7.7 placement, 7.8 masks, 7.9 and 7.10 format and version, annex E positions). */

/* By version: correction codewords a block, and blocks, at level M (table 9). */
const CORRECTION = [10, 16, 26, 18, 24, 16, 18, 22, 22, 26, 30, 22, 22, 24, 24]
const BLOCKS = [1, 1, 1, 2, 2, 4, 4, 4, 5, 5, 5, 8, 9, 9, 10]
const LEVEL_M = 0

type Grid = boolean[][]

const EXP = new Uint8Array(256)
const LOG = new Uint8Array(256)
for (let i = 0, x = 1; i < 255; i++) {
  EXP[i] = x
  LOG[x] = i
  x = (x << 1) ^ (x & 0x80 ? 0x11d : 0)
}

const times = (a: number, b: number): number => (a === 0 || b === 0 ? 0 : EXP[(LOG[a]! + LOG[b]!) % 255]!)

/** The generator polynomial of so many correction codewords, without its leading 1. */
function generator(degree: number): number[] {
  let poly: number[] = [1]
  for (let i = 0; i < degree; i++) {
    const next = [...poly, 0]
    poly.forEach((value, at) => { next[at + 1]! ^= times(value, EXP[i]!) })
    poly = next
  }
  return poly.slice(1)
}

function correctionOf(data: number[], divisor: number[]): number[] {
  const rest = new Array<number>(divisor.length).fill(0)
  for (const value of data) {
    const factor = value ^ rest.shift()!
    rest.push(0)
    divisor.forEach((coefficient, at) => { rest[at]! ^= times(coefficient, factor) })
  }
  return rest
}

/** Bits that hold data in a version: all but the patterns. */
function rawCodewords(version: number): number {
  let modules = (16 * version + 128) * version + 64
  if (version >= 2) {
    const align = Math.floor(version / 7) + 2
    modules -= (25 * align - 10) * align - 55
    if (version >= 7) modules -= 36
  }
  return Math.floor(modules / 8)
}

const dataCodewords = (version: number): number => rawCodewords(version) - CORRECTION[version - 1]! * BLOCKS[version - 1]!
const lengthBits = (version: number): number => (version < 10 ? 8 : 16)

function versionFor(bytes: number): number {
  for (let version = 1; version <= CORRECTION.length; version++)
    if (4 + lengthBits(version) + bytes * 8 <= dataCodewords(version) * 8) return version
  throw new RangeError('too long for a QR code')
}

function codewords(bytes: Uint8Array, version: number): number[] {
  const bits: number[] = []
  const put = (value: number, n: number): void => { for (let i = n - 1; i >= 0; i--) bits.push((value >> i) & 1) }
  put(4, 4)
  put(bytes.length, lengthBits(version))
  bytes.forEach((byte) => put(byte, 8))
  const capacity = dataCodewords(version) * 8
  put(0, Math.min(4, capacity - bits.length))
  put(0, (8 - (bits.length % 8)) % 8)
  for (let pad = 0xec; bits.length < capacity; pad ^= 0xec ^ 0x11) put(pad, 8)
  return Array.from({ length: capacity / 8 }, (_, i) => bits.slice(i * 8, i * 8 + 8).reduce((value, bit) => value * 2 + bit, 0))
}

/** Blocks with their correction, codeword by codeword in turn. */
function interleaved(data: number[], version: number): number[] {
  const blocks = BLOCKS[version - 1]!
  const divisor = generator(CORRECTION[version - 1]!)
  const short = Math.floor(data.length / blocks)
  const long = data.length % blocks
  const parts: number[][] = []
  for (let i = 0, at = 0; i < blocks; i++) {
    const size = short + (i >= blocks - long ? 1 : 0)
    parts.push(data.slice(at, at + size))
    at += size
  }
  const checks = parts.map((part) => correctionOf(part, divisor))
  const out: number[] = []
  for (let i = 0; i <= short; i++) parts.forEach((part) => { if (i < part.length) out.push(part[i]!) })
  for (let i = 0; i < divisor.length; i++) checks.forEach((check) => out.push(check[i]!))
  return out
}

function alignments(version: number): number[] {
  if (version === 1) return []
  const n = Math.floor(version / 7) + 2
  const step = Math.ceil((version * 4 + 4) / (n * 2 - 2)) * 2
  const last = version * 4 + 10
  return [6, ...Array.from({ length: n - 1 }, (_, i) => last - step * (n - 2 - i))]
}

class Drawing {
  readonly size: number
  readonly dark: Grid
  readonly fixed: Grid

  constructor(readonly version: number) {
    this.size = version * 4 + 17
    this.dark = Array.from({ length: this.size }, () => new Array<boolean>(this.size).fill(false))
    this.fixed = Array.from({ length: this.size }, () => new Array<boolean>(this.size).fill(false))
  }

  set(x: number, y: number, dark: boolean): void {
    if (x < 0 || y < 0 || x >= this.size || y >= this.size) return
    this.dark[y]![x] = dark
    this.fixed[y]![x] = true
  }

  patterns(): void {
    for (let i = 0; i < this.size; i++) {
      this.set(6, i, i % 2 === 0)
      this.set(i, 6, i % 2 === 0)
    }
    for (const [x, y] of [[3, 3], [this.size - 4, 3], [3, this.size - 4]] as const)
      for (let dy = -4; dy <= 4; dy++) for (let dx = -4; dx <= 4; dx++) this.set(x + dx, y + dy, ![2, 4].includes(Math.max(Math.abs(dx), Math.abs(dy))))
    const at = alignments(this.version)
    const end = at.length - 1
    at.forEach((x, i) => at.forEach((y, j) => {
      if ((i === 0 && j === 0) || (i === 0 && j === end) || (i === end && j === 0)) return
      for (let dy = -2; dy <= 2; dy++) for (let dx = -2; dx <= 2; dx++) this.set(x + dx, y + dy, Math.max(Math.abs(dx), Math.abs(dy)) !== 1)
    }))
    this.format(0)
    this.versionBits()
  }

  format(mask: number): void {
    const data = (LEVEL_M << 3) | mask
    let rest = data
    for (let i = 0; i < 10; i++) rest = (rest << 1) ^ ((rest >> 9) * 0x537)
    const bits = ((data << 10) | rest) ^ 0x5412
    const bit = (i: number): boolean => ((bits >> i) & 1) === 1
    for (let i = 0; i <= 5; i++) this.set(8, i, bit(i))
    this.set(8, 7, bit(6))
    this.set(8, 8, bit(7))
    this.set(7, 8, bit(8))
    for (let i = 9; i < 15; i++) this.set(14 - i, 8, bit(i))
    for (let i = 0; i < 8; i++) this.set(this.size - 1 - i, 8, bit(i))
    for (let i = 8; i < 15; i++) this.set(8, this.size - 15 + i, bit(i))
    this.set(8, this.size - 8, true)
  }

  versionBits(): void {
    if (this.version < 7) return
    let rest = this.version
    for (let i = 0; i < 12; i++) rest = (rest << 1) ^ ((rest >> 11) * 0x1f25)
    const bits = (this.version << 12) | rest
    for (let i = 0; i < 18; i++) {
      const [a, b] = [this.size - 11 + (i % 3), Math.floor(i / 3)]
      this.set(a, b, ((bits >> i) & 1) === 1)
      this.set(b, a, ((bits >> i) & 1) === 1)
    }
  }

  /** Upwards and downwards in columns of two, from the right; the column of the timing pattern is left out. */
  fill(words: number[]): void {
    let at = 0
    for (let right = this.size - 1; right >= 1; right -= 2) {
      if (right === 6) right = 5
      const upwards = ((right + 1) & 2) === 0
      for (let step = 0; step < this.size; step++)
        for (const x of [right, right - 1]) {
          const y = upwards ? this.size - 1 - step : step
          if (this.fixed[y]![x]) continue
          if (at < words.length * 8) this.dark[y]![x] = ((words[at >> 3]! >> (7 - (at & 7))) & 1) === 1
          at++
        }
    }
  }

  mask(number: number): void {
    const flips = [
      (x: number, y: number) => (x + y) % 2 === 0, (_: number, y: number) => y % 2 === 0, (x: number) => x % 3 === 0, (x: number, y: number) => (x + y) % 3 === 0,
      (x: number, y: number) => (Math.floor(x / 3) + Math.floor(y / 2)) % 2 === 0, (x: number, y: number) => ((x * y) % 2) + ((x * y) % 3) === 0,
      (x: number, y: number) => (((x * y) % 2) + ((x * y) % 3)) % 2 === 0, (x: number, y: number) => (((x + y) % 2) + ((x * y) % 3)) % 2 === 0,
    ][number]!
    for (let y = 0; y < this.size; y++) for (let x = 0; x < this.size; x++) if (!this.fixed[y]![x] && flips(x, y)) this.dark[y]![x] = !this.dark[y]![x]
  }

  /** How badly it can be read (7.8.3). */
  penalty(): number {
    let sum = 0
    let darks = 0
    const lines: boolean[][] = [...this.dark, ...this.dark.map((_, x) => this.dark.map((row) => row[x]!))]
    for (const line of lines) {
      const text = line.map((one) => (one ? '1' : '0')).join('')
      for (const run of text.match(/0{5,}|1{5,}/gu) ?? []) sum += run.length - 2
      for (const like of ['10111010000', '00001011101']) for (let at = text.indexOf(like); at >= 0; at = text.indexOf(like, at + 1)) sum += 40
    }
    for (let y = 0; y < this.size; y++)
      for (let x = 0; x < this.size; x++) {
        const one = this.dark[y]![x]!
        darks += one ? 1 : 0
        if (x + 1 < this.size && y + 1 < this.size && one === this.dark[y]![x + 1] && one === this.dark[y + 1]![x] && one === this.dark[y + 1]![x + 1]) sum += 3
      }
    return sum + Math.floor(Math.abs((darks * 20) / (this.size * this.size) - 10)) * 10
  }
}

/** The modules of a QR code, row by row: true is dark. The quiet zone of four is the caller's. */
export function qrCode(text: string): boolean[][] {
  const bytes = new TextEncoder().encode(text)
  const version = versionFor(bytes.length)
  const words = interleaved(codewords(bytes, version), version)
  let best: Drawing | null = null
  let least = Infinity
  for (let mask = 0; mask < 8; mask++) {
    const drawing = new Drawing(version)
    drawing.patterns()
    drawing.fill(words)
    drawing.mask(mask)
    drawing.format(mask)
    const penalty = drawing.penalty()
    if (penalty < least) [best, least] = [drawing, penalty]
  }
  return best!.dark
}

/** The same as one path of an SVG whose unit is a module. */
export function qrPath(modules: boolean[][], quiet = 4): string {
  return modules.flatMap((row, y) => row.map((dark, x) => (dark ? `M${x + quiet} ${y + quiet}h1v1h-1z` : ''))).join('')
}
