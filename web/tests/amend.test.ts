import { describe, expect, it } from 'vitest'
import type { Task } from '@/api/types'
import { changesOf, formOf } from '@/task/amend'

const task = {
  title: 'T', text: 'X', due: '2026-12-31', term: null, stage: { seq: 2, name: 's' }, category: null, leader: null, handler: { uid: 'h', name: 'H' }, lead: [{ uid: 'a', name: 'A' }], support: [], restricted: false, readers: [],
  targets_list: [{ uid: 't1', metric: 'm', op: '>=', value: '95', value2: null, unit: '%', due: null }],
} as unknown as Task

describe('an amendment', () => {
  it('is nothing when nothing was touched', () => {
    expect(changesOf(task, formOf(task))).toEqual({})
  })
  it('names only what differs, and empties as null', () => {
    const form = formOf(task)
    form.title = ' T '
    form.due = '2027-01-31'
    form.handler = ''
    form.stage = ''
    form.support = [{ uid: 'b', name: 'B' }]
    form.targets[0]!.value = '96'
    expect(changesOf(task, form)).toEqual({ due: '2027-01-31', handler: null, stage: null, support: ['b'], targets: [{ uid: 't1', value: '96' }] })
  })
  it('names readers only of a restricted task', () => {
    const form = formOf(task)
    form.readers = ['r']
    expect(changesOf(task, form)).toEqual({})
    form.restricted = true
    expect(changesOf(task, form)).toEqual({ restricted: true, readers: ['r'] })
  })
})
