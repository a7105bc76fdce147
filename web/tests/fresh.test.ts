import { describe, expect, it } from 'vitest'
import { blankTarget, blankTask, missingIn, taskBody } from '@/task/fresh'

describe('a task by hand', () => {
  it('needs only a title as a draft, and lead and date to be issued', () => {
    const form = blankTask('instruction', '')
    expect(missingIn(form, false)).toEqual(['title'])
    form.title = '办好此事'
    expect(missingIn(form, false)).toEqual([])
    expect(missingIn(form, true)).toEqual(['lead', 'due'])
    form.targets = [{ ...blankTarget(), metric: 'm', value: '9x' }]
    expect(missingIn(form, false)).toEqual(['targets'])
  })
  it('sends what was filled in, and nothing else', () => {
    const form = blankTask('audit', 'p')
    Object.assign(form, { title: ' T ', due: '2026-12-31', lead: [{ uid: 'a', name: 'A' }], measures: ['', ' 一是 '], stage: '2', targets: [{ ...blankTarget(), metric: 'm', value: '９５', unit: '%' }] })
    expect(taskBody(form, true)).toEqual({
      source: 'audit', title: 'T', issue: true, plan: 'p', due: '2026-12-31', stage: 2, lead: ['a'], measures: ['一是'],
      targets: [{ quote: 'm', metric: 'm', op: '>=', value: '95', value2: null, unit: '%', due: null, soft: false, tense: 'target' }],
    })
  })
  it('names readers only of a restricted one, and its parent', () => {
    const form = { ...blankTask('other', ''), title: 'T', readers: ['r'] }
    expect(taskBody(form, false)).toEqual({ source: 'other', title: 'T', issue: false })
    expect(taskBody({ ...form, restricted: true }, false, 'up')).toEqual({ source: 'other', title: 'T', issue: false, restricted: true, readers: ['r'], parent: 'up' })
  })
})
