import { describe, expect, it } from 'vitest'
import { isoDate } from '@/lib/date'

describe('typed dates', () => {
  it.each([['20261231'], ['2026-12-31'], ['2026/12/31'], ['2026.12.31'], ['2026年12月31日'], [' ２０２６-12-31 ']])('%s is a day', (typed) => {
    expect(isoDate(typed)).toBe('2026-12-31')
  })
  it.each([['2026-02-29'], ['2026-13-01'], ['31/12/2026'], ['2026'], ['明天'], ['2026-1']])('%s is none', (typed) => {
    expect(isoDate(typed)).toBeNull()
  })
  it('pads, and knows leap years', () => {
    expect(isoDate('2028-2-29')).toBe('2028-02-29')
  })
})
