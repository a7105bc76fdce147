import { describe, expect, it } from 'vitest'
import type { TaskRow } from '@/api/types'
import { addMonths, lanesOf, lastDay, monthsFrom } from '@/ledger/months'

const task = (uid: string, due: string | null, plan: string, lead: string[]) => ({ uid, due, plan: { uid: plan, title: plan }, lead: lead.map((name) => ({ uid: name, name })) }) as unknown as TaskRow

describe('months', () => {
  it('count over the turn of years, both ways', () => {
    expect([addMonths('2026-11', 3), addMonths('2026-01', -1), addMonths('2026-12', 0), addMonths('2026-06', -18)]).toEqual(['2027-02', '2025-12', '2026-12', '2024-12'])
    expect(monthsFrom('2026-11', 3)).toEqual(['2026-11', '2026-12', '2027-01'])
  })
  it('end on their last day', () => {
    expect([lastDay('2026-02'), lastDay('2028-02'), lastDay('2026-12')]).toEqual(['2026-02-28', '2028-02-29', '2026-12-31'])
  })
})

describe('lanes', () => {
  const rows = [task('a', '2026-11-05', 'p1', ['x']), task('b', '2026-11-30', 'p2', ['x', 'y']), task('c', '2026-12-01', 'p2', []), task('d', null, 'p2', ['y'])]
  it('are plans', () => {
    expect(lanesOf(rows, 'plan', '–').map((lane) => [lane.name, lane.n, [...lane.cells.keys()]])).toEqual([['p2', 3, ['2026-11', '2026-12', '']], ['p1', 1, ['2026-11']]])
  })
  it('or owners, a task with two leads in both, one without under nobody', () => {
    expect(lanesOf(rows, 'owner', '–').map((lane) => [lane.name, lane.n])).toEqual([['x', 2], ['y', 2], ['–', 1]])
  })
})
