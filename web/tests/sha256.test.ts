import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { Sha256 } from '@/api/sha256'

const bytes = (n: number): Uint8Array => Uint8Array.from({ length: n }, (_, at) => (at * 7 + (at >> 8)) & 255)
const real = (of: Uint8Array): string => createHash('sha256').update(of).digest('hex')

describe('SHA-256 in pieces', () => {
  it('is that of the standard', () => {
    expect(new Sha256().end()).toBe('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855')
    expect(new Sha256().add(new TextEncoder().encode('abc')).end()).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad')
  })
  it('is the same at every edge of a block', () => {
    for (const n of [1, 55, 56, 57, 63, 64, 65, 119, 120, 127, 128, 129, 1000]) expect(new Sha256().add(bytes(n)).end(), String(n)).toBe(real(bytes(n)))
  })
  it('is the same however it was cut', () => {
    const whole = bytes(10_000)
    for (const cut of [1, 63, 64, 65, 777]) {
      const hash = new Sha256()
      for (let at = 0; at < whole.length; at += cut) hash.add(whole.subarray(at, at + cut))
      expect(hash.end(), String(cut)).toBe(real(whole))
    }
  })
})
