import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { qrCode, qrPath } from '@/lib/qr'

const digest = (modules: boolean[][]): string => createHash('sha256').update(modules.map((row) => row.map(Number).join('')).join('\n')).digest('hex').slice(0, 16)

describe('a QR code', () => {
  /* Both were read back by an independent reader, as were texts of every length of versions 1 to 15. */
  it('is that which readers read', () => {
    expect(digest(qrCode('A'))).toBe('bc9009ae87ca68f1')
    expect(digest(qrCode('otpauth://totp/x:y?secret=JBSWY3DPEHPK3PXP&issuer=x'))).toBe('e3cc26a2008d266a')
  })

  it('grows with its text, and says when that is too long', () => {
    expect(qrCode('x').length).toBe(21)
    expect(qrCode('x'.repeat(412)).length).toBe(77)
    expect(() => qrCode('x'.repeat(413))).toThrow(RangeError)
  })

  it('has its three finders', () => {
    const modules = qrCode('finders')
    const end = modules.length - 7
    for (const [x, y] of [[0, 0], [end, 0], [0, end]] as const) expect(modules[y]!.slice(x, x + 7).every(Boolean)).toBe(true)
  })

  it('is drawn as a path', () => {
    expect(qrPath([[true, false], [false, true]], 1)).toBe('M1 1h1v1h-1zM2 2h1v1h-1z')
  })
})
