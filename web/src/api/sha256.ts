/* SHA-256 (FIPS 180-4) piece by piece: a browser's own takes the whole at once, and a file of data may be larger than memory. */
const FRACTION = 0x1_0000_0000
const primes: number[] = []
for (let n = 2; primes.length < 64; n++) if (primes.every((one) => n % one !== 0)) primes.push(n)
/* The first 32 bits of what stands behind the point of the primes' square and cube roots (4.2.2, 5.3.3). */
const fraction = (root: number): number => ((root - Math.floor(root)) * FRACTION) >>> 0
const START = primes.slice(0, 8).map((one) => fraction(Math.sqrt(one)))
const K = new Int32Array(primes.map((one) => fraction(Math.cbrt(one))))
const BLOCK = 64

export class Sha256 {
  private readonly state = new Int32Array(START)
  private readonly words = new Int32Array(BLOCK)
  private readonly rest = new Uint8Array(BLOCK)
  private held = 0
  private length = 0

  add(bytes: Uint8Array): this {
    let at = 0
    this.length += bytes.length
    if (this.held > 0) {
      at = Math.min(BLOCK - this.held, bytes.length)
      this.rest.set(bytes.subarray(0, at), this.held)
      this.held += at
      if (this.held < BLOCK) return this
      this.block(this.rest, 0)
      this.held = 0
    }
    for (; at + BLOCK <= bytes.length; at += BLOCK) this.block(bytes, at)
    this.rest.set(bytes.subarray(at))
    this.held = bytes.length - at
    return this
  }

  /** In hexadecimal; nothing is added after it. */
  end(): string {
    const bits = this.length * 8
    const tail = new Uint8Array(this.held < BLOCK - 8 ? BLOCK - this.held : 2 * BLOCK - this.held)
    const view = new DataView(tail.buffer)
    tail[0] = 0x80
    view.setUint32(tail.length - 8, Math.floor(bits / FRACTION))
    view.setUint32(tail.length - 4, bits >>> 0)
    this.add(tail)
    return Array.from(this.state, (word) => (word >>> 0).toString(16).padStart(8, '0')).join('')
  }

  private block(bytes: Uint8Array, from: number): void {
    const w = this.words
    for (let i = 0, at = from; i < 16; i++, at += 4) w[i] = (bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!
    for (let i = 16; i < 64; i++) {
      const a = w[i - 15]!
      const b = w[i - 2]!
      const s0 = ((a >>> 7) | (a << 25)) ^ ((a >>> 18) | (a << 14)) ^ (a >>> 3)
      const s1 = ((b >>> 17) | (b << 15)) ^ ((b >>> 19) | (b << 13)) ^ (b >>> 10)
      w[i] = (w[i - 16]! + s0 + w[i - 7]! + s1) | 0
    }
    let [a, b, c, d, e, f, g, h] = this.state as unknown as [number, number, number, number, number, number, number, number]
    for (let i = 0; i < 64; i++) {
      const s1 = ((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7))
      const one = (h + s1 + ((e & f) ^ (~e & g)) + K[i]! + w[i]!) | 0
      const s0 = ((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10))
      const two = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0
      h = g
      g = f
      f = e
      e = (d + one) | 0
      d = c
      c = b
      b = a
      a = (one + two) | 0
    }
    const s = this.state
    for (const [i, word] of [a, b, c, d, e, f, g, h].entries()) s[i] = (s[i]! + word) | 0
  }
}
