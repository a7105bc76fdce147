import { describe, expect, it } from 'vitest'
import { differenceOf, isRate, sharesOf, sumOf } from '@/lib/decimal'
import { reportPeriods, weekOf } from '@/lib/period'

describe('decimal figures', () => {
  it('add exactly, leaving out what is no figure', () => {
    expect(sumOf(['0.1', '0.2'])).toBe('0.3')
    expect(sumOf(['120', '80.50', '', 'x', '-0.5'])).toBe('200')
    expect(sumOf([])).toBe('0')
    expect(sumOf(['９０', '10'])).toBe('100')
  })
  it('differ exactly', () => {
    expect(differenceOf('1200', '1199.99')).toBe('0.01')
    expect(differenceOf('1', '3.5')).toBe('-2.5')
    expect(differenceOf('1', 'x')).toBeNull()
  })
  it('are shared out so that the parts add up', () => {
    expect(sharesOf('1200', 8)).toEqual(Array.from({ length: 8 }, () => '150'))
    expect(sharesOf('10', 3)).toEqual(['4', '3', '3'])
    expect(sharesOf('1.00', 3)).toEqual(['0.34', '0.33', '0.33'])
    for (const [total, parts] of [['7', 9], ['123.45', 7], ['-5', 3]] as const) expect(sumOf(sharesOf(total, parts))).toBe(total)
    expect(sharesOf('', 3)).toEqual([])
  })
  it('know a rate by its unit', () => {
    expect(['%', '‰', '/10万', '家', '万人', null].map(isRate)).toEqual([true, true, true, false, false, false])
  })
})

describe('periods', () => {
  it('are weeks of ISO 8601, also at the turn of years', () => {
    expect(['2026-11-22', '2026-11-23', '2026-01-01', '2027-01-03', '2024-12-30', '2021-01-03'].map(weekOf)).toEqual(['2026W47', '2026W48', '2026W01', '2026W53', '2025W01', '2020W53'])
  })
  it('are this one and the one before', () => {
    expect(reportPeriods('2026-11-22', 'week')).toEqual(['2026W47', '2026W46'])
    expect(reportPeriods('2026-01-15', 'month')).toEqual(['2026-01', '2025-12'])
  })
})
