import { describe, expect, it } from 'vitest'
import { reportState } from '@/data/words'

describe('how a report is marked', () => {
  it('never shows silence and a zero alike', () => {
    expect(reportState('silent', 0)).toBe('silent')
    expect(reportState('zero', 0)).toBe('zero')
  })
  it('says of a register that stands that nothing changed', () => {
    expect(reportState('zero', 120)).toBe('unchanged')
    expect(reportState('silent', 120)).toBe('silent')
  })
  it('leaves the others as they are', () => {
    expect(reportState('waiting', null)).toBe('open')
    expect(reportState('late', 3)).toBe('late')
  })
})
