/* One row of a long table. It is a component of its own, so that it is drawn again only when something of it changed; its cells are the table's slots, called here.
 * A row that goes by too fast to be read (`whole` false) is one cell with its name. */
import { defineComponent, h, type PropType, type VNode } from 'vue'
import { t } from '@/i18n'
import type { Column } from './columns'

/* What a slot is given is known where it is written. */
type Cells = Readonly<Record<string, ((scope: never) => unknown) | undefined>>

export default defineComponent({
  name: 'LongRow',
  props: {
    id: { type: String, required: true },
    index: { type: Number, required: true },
    row: { type: Object as PropType<object>, default: undefined },
    whole: Boolean,
    brief: { type: String, default: '' },
    active: Boolean,
    open: Boolean,
    chosen: Boolean,
    selectable: Boolean,
    narrow: Boolean,
    height: { type: Number, required: true },
    span: { type: Number, required: true },
    columns: { type: Array as PropType<Column[]>, required: true },
    cells: { type: Object as PropType<Cells>, required: true },
  },
  emits: ['press', 'check'],
  setup(props, { emit }) {
    const tick = (): VNode =>
      h('td', { role: 'gridcell', class: 'tick' }, h('input', {
        type: 'checkbox', tabindex: -1, checked: props.chosen, 'aria-label': t('list.choose'),
        onClick: (event: MouseEvent) => { event.stopPropagation(); emit('check', event, props.row, props.index) },
      }))
    const slotted = (name: string, row: object): VNode[] | undefined => props.cells[name]?.({ row } as never) as VNode[] | undefined
    const cell = (column: Column, row: object): VNode =>
      h('td', { key: column.key, class: column.align }, h('div', { class: 'cell' }, slotted(column.key, row) ?? String((row as Record<string, unknown>)[column.key] ?? '')))

    function content(): VNode[] {
      const { row } = props
      if (!row) return [h('td', { colspan: props.span }, h('i', { class: 'bone' }))]
      if (!props.whole) return [h('td', { colspan: props.span }, h('div', { class: 'brief' }, props.brief))]
      const ticks = props.selectable ? [tick()] : []
      if (props.narrow) return [...ticks, h('td', { role: 'gridcell' }, slotted('card', row))]
      return [...ticks, ...props.columns.map((column) => cell(column, row))]
    }

    return () =>
      h('tr', {
        id: props.id, role: 'row', class: ['line', { on: props.active, open: props.open, chosen: props.chosen }], 'aria-rowindex': props.index + 2,
        'aria-selected': props.selectable && props.row ? props.chosen : undefined, style: { height: `${props.height}px` },
        onClick: (event: MouseEvent) => emit('press', event, props.row, props.index),
      }, content())
  },
})
