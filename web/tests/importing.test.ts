import { describe, expect, it } from 'vitest'
import type { TaskImport } from '@/api/types'
import { doubledIn, examplesOf, faultsOf, mapOf } from '@/ledger/importing'

const result = {
  columns: [{ index: 0, heading: '序号', field: 'no', how: 'name' }, { index: 1, heading: '时限', field: 'due', how: 'alias' }, { index: 2, heading: '电话', field: null, how: 'kept' }, { index: 3, heading: '事项', field: 'title', how: 'given' }],
  preview: [
    { row: 3, number: null, change: 'new', set: [{ field: 'due', heading: '时限', old: null, new: '2026-12-31' }, { field: null, heading: '电话', old: null, new: '8866' }] },
    { row: 4, number: null, change: 'new', set: [{ field: 'due', heading: '时限', old: null, new: '2026-12-31' }] }, { row: 5, number: null, change: 'changed', set: [{ field: 'due', heading: '时限', old: '2026-11-30', new: '2027-01-31' }] },
  ],
  errors: [{ at: 'row 12, column 时限', code: 'date-bad', message: '', forbids: true }, { at: 'column 电话', code: 'header-unknown', message: '', forbids: false }, { at: 'row 9', code: 'row-refused', message: '' }],
} as unknown as TaskImport

describe('an imported ledger', () => {
  it('shows a few different values of a column', () => {
    expect(examplesOf(result, '时限')).toEqual(['2026-12-31', '2027-01-31'])
    expect(examplesOf(result, '电话')).toEqual(['8866'])
    expect(examplesOf(result, '序号')).toEqual([])
  })
  it('sends only what a person said of columns, and keeps saying it', () => {
    expect(mapOf(result, {})).toEqual({ 事项: 'title' })
    expect(mapOf(result, { 序号: 'no', 电话: 'handler', 时限: '-' })).toEqual({ 电话: 'handler', 时限: '-', 事项: 'title' })
    expect(mapOf({ ...result, columns: result.columns.slice(0, 3) }, {})).toBeNull()
  })
  it('names columns that would mean the same', () => {
    expect(doubledIn(result, { 电话: 'due' })).toEqual(['时限', '电话'])
    expect(doubledIn(result, {})).toEqual([])
  })
  it('keeps faults and notices apart', () => {
    const { faults, notices } = faultsOf(result)
    expect([faults.map((one) => one.code), notices.map((one) => one.code)]).toEqual([['date-bad', 'row-refused'], ['header-unknown']])
  })
})
