#!/usr/bin/env python3
"""Makes samples/ledgers/*.xlsx: ledgers as offices keep them in workbooks, with invented content and the parts that Excel writes: shared strings with runs, number
formats, merged titles, two rows of headings, sections, a foot, a second sheet, print settings, a column that is hidden.

    samples/ledgers.py [FOLDER]     the same bytes every time
"""
import datetime
import os
import sys
import zipfile
from xml.sax.saxutils import escape

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
REL = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'

# Cell formats by name: their places in cellXfs below.
PLAIN, TITLE, HEADING, TEXT, DAY, NUMBER, SECTION, PERCENT = range(8)
STYLES = HEAD + f"""<styleSheet xmlns="{MAIN}"><numFmts count="2"><numFmt numFmtId="176" formatCode="yyyy&quot;年&quot;m&quot;月&quot;d&quot;日&quot;;@"/>\
<numFmt numFmtId="177" formatCode="0.00_ "/></numFmts>\
<fonts count="4"><font><sz val="11"/><name val="宋体"/></font><font><sz val="20"/><name val="方正小标宋简体"/></font>\
<font><b/><sz val="11"/><name val="黑体"/></font><font><sz val="11"/><color rgb="FFFF0000"/><name val="仿宋_GB2312"/></font></fonts>\
<fills count="3"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill>\
<fill><patternFill patternType="solid"><fgColor rgb="FFDDEBF7"/></patternFill></fill></fills>\
<borders count="2"><border/><border><left style="thin"/><right style="thin"/><top style="thin"/><bottom style="thin"/></border></borders>\
<cellStyleXfs count="1"><xf/></cellStyleXfs><cellXfs count="8"><xf/>\
<xf fontId="1" applyFont="1" applyAlignment="1"><alignment horizontal="center" vertical="center"/></xf>\
<xf fontId="2" fillId="2" borderId="1" applyFont="1" applyFill="1" applyBorder="1" applyAlignment="1"><alignment horizontal="center" vertical="center" wrapText="1"/></xf>\
<xf borderId="1" applyBorder="1" applyAlignment="1"><alignment vertical="center" wrapText="1"/></xf>\
<xf numFmtId="176" borderId="1" applyNumberFormat="1" applyBorder="1"/>\
<xf numFmtId="177" borderId="1" applyNumberFormat="1" applyBorder="1"/>\
<xf fontId="2" borderId="1" applyFont="1" applyBorder="1"/>\
<xf numFmtId="9" borderId="1" applyNumberFormat="1" applyBorder="1"/></cellXfs></styleSheet>"""


def column_name(index):
    name = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        name = chr(65 + rest) + name
    return name


class Book:
    """A workbook of sheets; a cell is a text, a number, a date, ("f", formula, value), or a list of runs, bold where they are tuples."""

    def __init__(self):
        self.strings, self.sheets = [], []

    def string(self, value):
        if isinstance(value, list):
            xml = "".join(f'<r><rPr><b/><sz val="11"/></rPr><t xml:space="preserve">{escape(run[0])}</t></r>' if isinstance(run, tuple)
                          else f'<r><t xml:space="preserve">{escape(run)}</t></r>' for run in value)
        else:
            xml = f'<t xml:space="preserve">{escape(value)}</t>'
        if xml not in self.strings:
            self.strings.append(xml)
        return self.strings.index(xml)

    def cell(self, name, value, style):
        at = f'<c r="{name}" s="{style}"'
        if value is None:
            return at + "/>"
        if isinstance(value, tuple):
            return f"{at}><f>{escape(value[1])}</f><v>{value[2]}</v></c>"
        if isinstance(value, datetime.date):
            return f"{at}><v>{(value - datetime.date(1899, 12, 30)).days}</v></c>"
        if isinstance(value, (int, float)):
            return f"{at}><v>{value}</v></c>"
        return f'{at} t="s"><v>{self.string(value)}</v></c>'

    def add(self, name, widths, rows, merges, hidden=(), frozen=0):
        """rows: (height or None, [(value, style), …])"""
        out = [HEAD, f'<worksheet xmlns="{MAIN}" xmlns:r="{REL}"><sheetPr><pageSetUpPr fitToPage="1"/></sheetPr>',
               f'<dimension ref="A1:{column_name(len(widths) - 1)}{len(rows)}"/>']
        pane = f'<pane ySplit="{frozen}" topLeftCell="A{frozen + 1}" activePane="bottomLeft" state="frozen"/>' if frozen else ""
        out.append(f'<sheetViews><sheetView workbookViewId="0">{pane}</sheetView></sheetViews><sheetFormatPr defaultRowHeight="14.25"/><cols>')
        for i, width in enumerate(widths):
            hide = ' hidden="1"' if i in hidden else ""
            out.append(f'<col min="{i + 1}" max="{i + 1}" width="{width}" customWidth="1"{hide}/>')
        out.append("</cols><sheetData>")
        for r, (height, cells) in enumerate(rows):
            size = f' ht="{height}" customHeight="1"' if height else ""
            out.append(f'<row r="{r + 1}"{size}>')
            out += [self.cell(f"{column_name(c)}{r + 1}", value, style) for c, (value, style) in enumerate(cells)]
            out.append("</row>")
        out.append("</sheetData>")
        if merges:
            out.append(f'<mergeCells count="{len(merges)}">' + "".join(f'<mergeCell ref="{m}"/>' for m in merges) + "</mergeCells>")
        out.append('<printOptions horizontalCentered="1"/><pageMargins left="0.5" right="0.5" top="0.75" bottom="0.75" header="0.3" footer="0.3"/>'
                   '<pageSetup paperSize="9" orientation="landscape" fitToHeight="0"/></worksheet>')
        self.sheets.append((name, "".join(out)))

    def save(self, path):
        n = len(self.sheets)
        kinds = "".join(f'<Override PartName="/xl/worksheets/sheet{i + 1}.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/>'
                        for i in range(n))
        parts = {
            "[Content_Types].xml": HEAD + f'<Types xmlns="{PACKAGE}/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
            '<Default Extension="xml" ContentType="application/xml"/><Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/>'
            + kinds + '<Override PartName="/xl/styles.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.styles+xml"/>'
            '<Override PartName="/xl/sharedStrings.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"/></Types>',
            "_rels/.rels": HEAD + f'<Relationships xmlns="{PACKAGE}/relationships"><Relationship Id="rId1" Type="{REL}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
            "xl/workbook.xml": HEAD + f'<workbook xmlns="{MAIN}" xmlns:r="{REL}"><bookViews><workbookView/></bookViews><sheets>'
            + "".join(f'<sheet name="{escape(name)}" sheetId="{i + 1}" r:id="rId{i + 1}"/>' for i, (name, _) in enumerate(self.sheets)) + "</sheets></workbook>",
            "xl/_rels/workbook.xml.rels": HEAD + f'<Relationships xmlns="{PACKAGE}/relationships">'
            + "".join(f'<Relationship Id="rId{i + 1}" Type="{REL}/worksheet" Target="worksheets/sheet{i + 1}.xml"/>' for i in range(n))
            + f'<Relationship Id="rId{n + 1}" Type="{REL}/styles" Target="styles.xml"/><Relationship Id="rId{n + 2}" Type="{REL}/sharedStrings" Target="sharedStrings.xml"/></Relationships>',
            "xl/styles.xml": STYLES,
            "xl/sharedStrings.xml": HEAD + f'<sst xmlns="{MAIN}" uniqueCount="{len(self.strings)}">' + "".join(f"<si>{s}</si>" for s in self.strings) + "</sst>",
        }
        parts.update({f"xl/worksheets/sheet{i + 1}.xml": xml for i, (_, xml) in enumerate(self.sheets)})
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as z:
            for name, content in parts.items():
                info = zipfile.ZipInfo(name, (2026, 1, 1, 0, 0, 0))
                info.compress_type = zipfile.ZIP_DEFLATED
                z.writestr(info, content)


# --- A rectification ledger: two rows of headings, sections, a task over two rows, columns of its own ----------------------------

COLUMNS = ["序号", "问题编号", "来源", "问题描述", "问题类别/性质", "整改目标", "整改措施", "牵头单位", "责任单位/人", "整改时限", "整改进展", "佐证材料", "完成时间", "整改状态",
           "验收意见", "销号时间", "销号人", "回头看结果", "投入资金（万元）", "完成率", "备注"]
GROUPS = {10: (13, "整改情况"), 14: (17, "验收与销号")}
WIDTHS = [6, 12, 14, 36, 12, 24, 40, 16, 18, 16, 28, 16, 14, 10, 12, 14, 10, 12, 10, 8, 16]
D = datetime.date

SECTIONS = [
    ("一、疾病预防控制方面", [
        ["ZG-01", "省委巡察", ["部分镇", ("免疫规划", ), "接种率统计口径不一致，底数不清。"], "业务管理", "国家免疫规划疫苗接种率统计口径统一", "1.统一统计口径。\n2.开展一次全面核查。",
         "疾控处", "疾控处 赵示", D(2026, 6, 30), "已印发统一口径的通知", "通知", D(2026, 4, 20), "已完成", "通过", D(2026, 5, 8), "邹衡志", None, 12.5, 1, None],
        ["ZG-02", "专项督查", "冷链温度记录缺失，部分接种点未按日登记。", "业务管理", "接种点温度记录完整", "逐点检查冷链设备并补齐记录", "疾控处", "疾控处", "立行立改", "正在推进", None, None, "未完成",
         None, None, None, None, None, 0.4, "需协调设备"],
        ["ZG-03", "专项督查", "慢性病患者随访不及时。", "服务质量", "规范随访率达到要求", "每月通报随访进度", "基层卫生处", "基层卫生处、妇幼处", "2026年6月底", "推进中", None, None, "未完成", None, None, None, None,
         3, 0.65, None],
    ]),
    ("二、作风建设方面", [
        ["ZG-04", "内部审计", "差旅费报销审核不严，个别单据要素不全。", "财务管理", "报销单据要素齐全", "修订报销办法；开展自查", "财务处", "财务处", "2026年9月30日前", "已修订办法", "办法", None, "未完成", None, None, None, None,
         0, 0.5, None],
        ["ZG-05", "专项检查", "会议偏多，基层反映强烈。", "工作作风", "会议数量明显下降", "严控会议数量，合并同类会议", "办公室", "办公室", "长期坚持", "持续推进", None, None, "长期坚持", None, None, None, None, None, None,
         "长期坚持事项"],
    ]),
]


def rectification(book):
    width = len(COLUMNS)
    rows = [(36, [("示例市卫生健康委员会2026年巡察整改台账", TITLE)] + [(None, TITLE)] * (width - 1)),
            (18, [("填报单位：示例市卫生健康委员会　　　　填报日期：2026年3月20日", PLAIN)] + [(None, PLAIN)] * (width - 1))]
    merges = [f"A1:{column_name(width - 1)}1", f"A2:{column_name(width - 1)}2"]
    top, low = [], []
    inside = [i for a, (b, _) in GROUPS.items() for i in range(a, b + 1)]
    for i, name in enumerate(COLUMNS):
        top.append((GROUPS[i][1] if i in GROUPS else None if i in inside else name, HEADING))
        low.append((name if i in inside else None, HEADING))
        if i in GROUPS:
            merges.append(f"{column_name(i)}3:{column_name(GROUPS[i][0])}3")
        elif i not in inside:
            merges.append(f"{column_name(i)}3:{column_name(i)}4")
    rows += [(24, top), (24, low)]
    count = 0
    for title, tasks in SECTIONS:
        merges.append(f"A{len(rows) + 1}:{column_name(width - 1)}{len(rows) + 1}")
        rows.append((20, [(title, SECTION)] + [(None, SECTION)] * (width - 1)))
        for task in tasks:
            count += 1
            styles = [TEXT] * width
            for i, value in enumerate(task):
                styles[i + 1] = DAY if isinstance(value, D) else NUMBER if i + 1 == 18 else PERCENT if i + 1 == 19 else TEXT
            number = ("f", f"ROW()-{len(rows) + 1 - count}", count)
            rows.append((48, [(number, TEXT)] + list(zip(task, styles[1:]))))
    # One problem over two rows, a measure each.
    first = len(rows) + 1
    both = ["ZG-06", "专项检查", "信息系统账号管理不规范。", "信息安全", "账号一人一号", None, "规划信息处", "规划信息处", "2026-05", None, None, None, "未完成", None, None, None, None, None, None, None]
    for r, measure in enumerate(["清理共用账号", "启用双因素登录"]):
        cells = [(count + 1 if r == 0 else None, TEXT)] + [(value if r == 0 else None, TEXT) for value in both]
        cells[6] = (measure, TEXT)
        rows.append((24, cells))
    merges += [f"{column_name(i)}{first}:{column_name(i)}{first + 1}" for i in range(width) if i != 6]
    merges.append(f"A{len(rows) + 1}:{column_name(width - 1)}{len(rows) + 1}")
    rows.append((30, [("填表说明：整改时限填“立行立改”“限期”或“长期坚持”；完成率为自评。", PLAIN)] + [(None, PLAIN)] * (width - 1)))
    book.add("整改台账", WIDTHS, rows, merges, hidden=(17,), frozen=4)
    book.add("填表说明", [60], [(None, [("本表每月5日前报办公室。", PLAIN)])], [])


# --- A list without numbers, with headings of its own, told by their examples ------------------------------------------------------

def matters(book):
    head = ["事项", "谁来办", "什么时候", "钱"]
    rows = [(None, [(name, HEADING) for name in head])]
    for title, who, when, money in [("完成老年友善医疗机构自评", "老龄健康处", D(2026, 8, 31), 0), ("建立婴幼儿照护服务名册", "人口家庭处", D(2026, 10, 31), 2.5),
                                    ("开展职业健康宣传周活动", "职业健康处", D(2026, 5, 10), 1), ("公布市级医疗机构名录", "医政处", D(2026, 4, 15), None)]:
        rows.append((None, [(title, TEXT), (who, TEXT), (when, DAY), (money, NUMBER)]))
    book.add("Sheet1", [40, 20, 16, 8], rows, [])


# --- A ledger of awkward form: instructions in the first sheet, three lines of titles, groups merged over several tasks, several owners in a cell with breaks of lines
# within a name, days as words, remarks below the table, a second part in a sheet of its own ---------------------------------------------------------------------

AWKWARD = ["问题类别", "序号", "反馈问题", "整改措施", "责任领导", "责任单位", "完成时限", "整改进展情况", "备注"]
BATCH_1 = [
    ("政治建设", [("1", "学习研讨流于形式，结合业务不够。", "1.每季度专题研讨一次\n2.形成研讨清单", "分管领导", "办公室、\n机关党委", "长期坚持", "已开展一次", None),
              ("2", "会议决定事项跟踪不到位。", "建立督办台账", None, "办公室", "即知即改", "已建立", "月底复核")]),
    ("业务工作", [("3", "慢病随访底数不清。", "全面核对", None, "疾控处、基层卫\n生健康处", "2026年6月底前", "正在核对", None),
              ("4", "重点场所消毒记录缺项。", "补齐记录；\n每月抽查", None, "牵头：疾控处\n配合：医政处、综合监督处", "2026.9.30", None, None),
              ("5", "对基层指导不够。", "分片联系", None, "基层卫生处／老龄健康处", "2026年12月", None, "与第3项合并推进")]),
]
BATCH_2 = [("制度建设", [("6", "制度修订滞后。", "清理制度", None, "办公室", "2026年10月31日", None, None)])]


def awkward_sheet(book, name, title, batch, frozen):
    width = len(AWKWARD)
    wide = lambda text, style=PLAIN: [(text, style)] + [(None, style)] * (width - 1)
    last = column_name(width - 1)
    rows = [(30, wide("附件2")), (36, wide(title, TITLE)), (None, [(None, PLAIN)] * width), (18, wide("单位（盖章）：示例市卫生健康委员会　　2026年3月25日"))]
    merges = [f"A2:{last}2", f"A4:{last}4"]
    rows.append((24, [(heading, HEADING) for heading in AWKWARD]))
    for group, tasks in batch:
        first = len(rows) + 1
        for at, task in enumerate(tasks):
            rows.append((40, [(group if at == 0 else None, TEXT)] + [(value, TEXT) for value in task]))
        if len(tasks) > 1:
            merges.append(f"A{first}:A{len(rows)}")
    merges.append(f"A{len(rows) + 1}:{last}{len(rows) + 1}")
    rows.append((20, wide("备注：1.完成时限为“即知即改”的，应于接到反馈之日起一个月内完成。")))
    rows.append((20, [("2.本台账每月25日前更新一次。", PLAIN)] + [(None, PLAIN)] * (width - 1)))
    rows.append((20, [("填表人：李示", PLAIN), (None, PLAIN), ("审核人：王示", PLAIN)] + [(None, PLAIN)] * (width - 3)))
    book.add(name, [10, 6, 30, 30, 10, 20, 14, 24, 12], rows, merges, frozen=frozen)


def awkward(book):
    book.add("填报说明", [80], [(None, [("一、问题：按反馈意见原文填写。", PLAIN)]), (None, [("二、措施：逐条编号。任务与责任单位应对应。", PLAIN)])], [])
    awkward_sheet(book, "第一批", "示例市卫生健康委员会2026年集中整改问题清单（第一批）", BATCH_1, 5)
    awkward_sheet(book, "第二批", "示例市卫生健康委员会2026年集中整改问题清单（第二批）", BATCH_2, 5)


def main():
    folder = sys.argv[1] if len(sys.argv) > 1 else os.path.join(os.path.dirname(os.path.abspath(__file__)), "ledgers")
    os.makedirs(folder, exist_ok=True)
    for name, make in [("rectification-2026.xlsx", rectification), ("matters-2026.xlsx", matters), ("awkward-2026.xlsx", awkward)]:
        book = Book()
        make(book)
        book.save(os.path.join(folder, name))


main()
