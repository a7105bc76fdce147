import { describe, expect, it } from 'vitest'
import { monthAfter, weeksOf } from '../src/time/month'

describe('the weeks of a month', () => {
  it('begin on a Monday and end on a Sunday', () => {
    const weeks = weeksOf('2026-02')
    expect(weeks[0]).toEqual(['2026-01-26', '2026-01-27', '2026-01-28', '2026-01-29', '2026-01-30', '2026-01-31', '2026-02-01'])
    expect(weeks.at(-1)?.[5]).toBe('2026-02-28')
    expect(weeks).toHaveLength(5)
  })
  it('hold each day once, in leap years too', () => {
    for (let month = '2023-12'; month !== '2025-02'; month = monthAfter(month, 1)) {
      const days = weeksOf(month).flat()
      expect(new Set(days).size).toBe(days.length)
      expect(days.filter((day) => day.startsWith(month))).toHaveLength(new Date(Date.UTC(Number(month.slice(0, 4)), Number(month.slice(5)), 0)).getUTCDate())
    }
  })
  it('go over the end of a year', () => {
    expect(monthAfter('2026-12', 1)).toBe('2027-01')
    expect(monthAfter('2026-01', -1)).toBe('2025-12')
  })
})
