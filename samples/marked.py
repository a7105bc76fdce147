"""Reads a marked source text: what the document says, and what a reader must find in it.

One file under documents/source/ holds a document's own words and, around them, the marks of its annotator.
The words alone become the document; the marks alone become its gold. So the two cannot drift apart.

  @key: value        facts before the first `---`: title, doc_no, issuer, issued, kind, due, owners, columns, form …
  @declare: what | value | found | quote
  @@part … ---       a gazette's next document, with facts of its own; @@end goes back to the gazette
  =1 =2 =3           a heading of that level
  + ! -              an item: task, rectification, narrative; `+?` one without number
  =0, =0 N           whatever follows belongs to no item; nor to the heading of level N
  | a | b            a row of a table; `|+` a row that is an item, its cells named by @columns; `|#` the head of the
                     table; `|=1` a heading row
  %T quote ~~ metric ~~ op ~~ value ~~ value2 ~~ unit ~~ due ~~ flags
                     a target of the item above whose quote overlaps another's; not printed
  #                  a remark of the annotator, not printed

Within a line:
  {metric<figure>rest|attributes}   a target; what stands in <> is comparator and figure and is no part of the metric.
      attributes: soft result >= <= ~ = range v=8 v2=9 u=% due=2026-06-30 due=none m=metric
  [[title]]          the item's title, where it is not simply the leading sentence
  «A» ‹B›            a leading and a supporting owner
  ^A、B/C、D^         owners in the document's usual form (@owners: with {L} and {S})
  A=2026-06-30       in a table cell named `due`: the words and the day they mean

With `@measures: yes` the clauses 一是 … 二是 … of each item are its measures.
"""
import re
import unicodedata

CHINESE_DIGITS = "零一二三四五六七八九"
UNITS = ("个百分点", "/10万", "万人次", "万人", "万户", "万元", "亿元", "万份", "人次", "分钟", "%", "‰")
LABEL = re.compile(
    r"(（[一二三四五六七八九十百]+）|\([一二三四五六七八九十百]+\)|第[一二三四五六七八九十百]+条|"
    r"[一二三四五六七八九十百]+、|（[0-9]+）|\([0-9]+\)|问题[0-9]+[.．、：]|[0-9０-９]+[.．、]|[①-⑳]|[0-9]+(?=[　 ]))")
MEASURE = re.compile(r"(?:(?<=^)|(?<=[。；;：\n]))([一二三四五六七八九十]+)是")
FINAL = "。；;，,：: 　"


def chinese_number(s):
    total, digit = 0, 0
    for c in s:
        if c == "百":
            total, digit = total + (digit or 1) * 100, 0
        elif c == "十":
            total, digit = total + (digit or 1) * 10, 0
        else:
            digit = CHINESE_DIGITS.index(c)
    return total + digit


def number_of(label):
    """'（二十）' is '20', '3．' is '3', '①' is '1'."""
    if re.fullmatch("[①-⑳]", label):
        return str(ord(label) - ord("①") + 1)
    core = re.sub("[^0-9一二三四五六七八九十百]", "", unicodedata.normalize("NFKC", label))
    return core if core.isdigit() else str(chinese_number(core))


def strip_figure(s):
    return re.sub("(以上|以下|以内|左右|以外|的)", "", s)


def guess_op(s):
    if "左右" in s or re.search("(^|[^附就])近|约", s):
        return "~"
    if re.search("以内|以下|不超过|不高于|控制在|下降到|降至|降到|降低到|缩短到|前[0-9三五]", s) and "不低于" not in s:
        return "<="
    if re.search("以上|不少于|不低于|至少|达|超|提高到|提高至|提升到|提升至|增加到|增至", s):
        return ">="
    return "="


class Target:
    @staticmethod
    def make(quote, metric, op, value, value2, unit, due, flags):
        return {"quote": quote, "metric": metric, "op": op, "value": value, "value2": value2, "unit": unit,
                "due": due, "soft": "soft" in flags, "tense": "result" if "result" in flags else "target"}


def as_number(s):
    f = float(s)
    return int(f) if f == int(f) and "." not in s else f


def parse_target(body, default_due):
    body, _, attributes = body.partition("|")
    quote = re.sub("[<>]", "", body)
    figures = re.findall("<(.*?)>", body)
    metric = re.sub("<.*?>", "", body)
    figure = unicodedata.normalize("NFKC", "".join(figures))
    found = re.search(r"(\d+(?:\.\d+)?)(?:%?[-~～—至到]{1,2}(\d+(?:\.\d+)?))?", figure)
    value = as_number(found.group(1)) if found else None
    value2 = as_number(found.group(2)) if found and found.group(2) else None
    rest = strip_figure(figure[found.end():]) if found else ""
    unit = next((u for u in UNITS if rest.startswith(u)), rest)
    op = "range" if value2 is not None else guess_op(figure)
    due, flags = default_due, set()
    for a in attributes.split():
        if a in ("soft", "result"):
            flags.add(a)
        elif a in (">=", "<=", "~", "=", "range"):
            op = a
        elif a.startswith("v="):
            value = as_number(a[2:])
        elif a.startswith("v2="):
            value2 = as_number(a[3:])
        elif a.startswith("u="):
            unit = a[2:]
        elif a.startswith("m="):
            metric = a[2:]
        elif a.startswith("due="):
            due = None if a[4:] == "none" else a[4:]
        else:
            raise ValueError(f"unknown attribute {a!r} in {{{body}|{attributes}}}")
    if "result" in flags:
        due = None
    if value is None:
        raise ValueError(f"no figure in {{{body}}}")
    return Target.make(quote, metric.strip("，、的 "), op, value, value2, unit, due, flags)


def split_names(s):
    """'A、B等各相关处室' is A, B and 各相关处室."""
    s = re.sub("(.)等(各)", r"\1、\2", s.strip())
    return [n for n in re.split("[、，,；; ](?![^（]*）)", s) if n]


class Block:
    """A printed line: kind is 'p', 'h1'…'h3', 'item' or 'row'; cells only for rows."""
    def __init__(self, kind, text, cells=None):
        self.kind, self.text, self.cells = kind, text, cells


class Marked:
    """One document: facts, printed blocks and gold. Parts are documents of the same class."""
    def __init__(self):
        self.facts = {}
        self.declared = []
        self.blocks = []
        self.items = []
        self.parts = []
        self._path = []
        self._item = None
        self._text = ""

    # --- building -------------------------------------------------------------------------------------------
    def fact(self, line):
        key, _, value = line[1:].partition(":")
        key, value = key.strip(), value.strip()
        if key == "declare":
            what, number, found, quote = [x.strip() for x in value.split("|")]
            found = None if found == "-" else int(found)
            self.declared.append({"what": what, "value": int(number), "quote": quote, "found": found,
                                  "ok": None if found is None else found == int(number)})
        else:
            self.facts[key] = value

    def heading(self, level, text, row=False):
        self.close()
        self._path = self._path[:level - 1] + [text]
        self.blocks.append(Block("row" if row else f"h{level}", text, [text] if row else None))

    def cut(self, level):
        if level:
            self._path = self._path[:int(level) - 1]

    def close(self):
        if not self._item:
            return
        text = self._text
        if self.facts.get("measures") == "yes":
            self._item["measures"] = measures_of(text)
        self._item["targets"].sort(key=lambda t: (text.find(t["quote"]) + len(t["quote"])))
        self._item, self._text = None, ""

    def start(self, sign, numbered, line):
        self.close()
        plain = self.plain(line, None)
        label = LABEL.match(plain).group(0) if numbered else None
        item = {"no": number_of(label) if label else None, "label": label,
                "kind": {"+": "task", "!": "rectification", "-": "narrative"}[sign],
                "path": list(self._path), "title": None, "problem": None, "lead": [], "support": [],
                "measures": [], "targets": []}
        self.items.append(item)
        self._item = item
        marked = re.search(r"\[\[(.*?)\]\]", line)
        if marked:
            item["title"] = self.plain(marked.group(1), None)
        else:
            body = plain[len(label or ""):].strip()
            item["title"] = re.split("[。；]|（(?:牵头|责任|配合)", body)[0].strip(FINAL)
        if sign == "!":
            quoted = re.search("“(.*)”问题", item["title"])
            item["problem"] = quoted.group(1) if quoted else item["title"]
        self.add(line, "item")

    def add(self, line, kind="p"):
        text = self.plain(line, self._item)
        self._text += text + "\n"
        self.blocks.append(Block(kind, text))

    def plain(self, line, item):
        """The words without the marks; what the marks say goes into item."""
        line = line.replace("[[", "").replace("]]", "")
        due = self.facts.get("due")

        def owners(m):
            lead, _, support = m.group(1).partition("/")
            if item is not None:
                item["lead"] += split_names(lead)
                item["support"] += split_names(support)
            if not support:
                return self.facts.get("owners_alone", "（牵头处室：{L}）").replace("{L}", lead)
            return self.facts["owners"].replace("{L}", lead).replace("{S}", support)

        def target(m):
            if item is not None:
                item["targets"].append(parse_target(m.group(1), due))
            return re.sub("[<>]", "", m.group(1).partition("|")[0])

        def name(role):
            def take(m):
                if item is not None:
                    item[role].append(m.group(1))
                return m.group(1)
            return take

        line = re.sub(r"\^(.+?)\^", owners, line)
        line = re.sub("«(.+?)»", name("lead"), line)
        line = re.sub("‹(.+?)›", name("support"), line)
        return re.sub(r"\{(.+?)\}", target, line)

    def hidden_target(self, line):
        quote, metric, op, value, value2, unit, due, flags = [x.strip() for x in line[2:].split("~~")]
        flags = set(flags.split())
        due = (due or self.facts.get("due")) if "result" not in flags else None
        self._item["targets"].append(Target.make(
            quote, metric, op, as_number(value), as_number(value2) if value2 else None, unit, due, flags))

    def row(self, line):
        self.close()
        is_item, is_head = line.startswith("|+"), line.startswith("|#")
        cells = [c.strip() for c in re.split(r"\|(?![^{]*\})", line[2 if is_item or is_head else 1:].strip())]
        if not is_item:
            plain = [self.plain(c, None) for c in cells]
            self.blocks.append(Block("head" if is_head else "row", "|".join(plain), plain))
            return
        columns = self.facts["columns"].split()
        item = {"no": number_of(cells[0]), "label": cells[0], "kind": "task", "path": list(self._path), "title": None,
                "problem": None, "lead": [], "support": [], "measures": [], "targets": []}
        due = self.facts.get("due")
        for column, cell in zip(columns, cells):
            if column == "due" and "=" in cell:
                due = cell.partition("=")[2]
        keep, self.facts["due"] = self.facts.get("due"), due
        plain = []
        for column, cell in zip(columns, cells):
            if column == "due":
                plain.append(cell.partition("=")[0])
                continue
            plain.append(self.plain(cell, item))
            if column == "title":
                item["title"] = plain[-1].strip(FINAL)
            elif column in ("lead", "support") and plain[-1] not in ("", "—", "/"):
                item[column] += split_names(plain[-1])
        self.facts["due"] = keep
        text = "|".join(plain)
        item["targets"].sort(key=lambda t: text.find(t["quote"]) + len(t["quote"]))
        self.items.append(item)
        self.blocks.append(Block("row", text, plain))

    # --- what comes out -------------------------------------------------------------------------------------
    def gold(self):
        f = self.facts
        return {"schema": "bihuan.document/1", "title": f.get("title") or None, "doc_no": f.get("doc_no") or None,
                "issuer": f.get("issuer") or None, "issued": f.get("issued") or None, "kind": f["kind"],
                "declared": self.declared, "items": self.items,
                "parts": [p.gold() for p in self.parts], "findings": self.findings()}

    def findings(self):
        """Duplicate and missing numbers are said by the annotator: @finding: code | at | message."""
        raw = self.facts.get("findings", "")
        out = []
        for f in filter(None, (x.strip() for x in raw.split(";;"))):
            code, at, message = [x.strip() for x in f.split("|")]
            out.append({"code": code, "at": at, "message": message})
        return out


def measures_of(text):
    starts = list(MEASURE.finditer(text))
    out = []
    for i, m in enumerate(starts):
        end = starts[i + 1].start() if i + 1 < len(starts) else len(text)
        body = text[m.end():end].split("\n")[0] if i + 1 == len(starts) else text[m.end():end]
        body = re.split("。针对[^。]*问题", body)[0]  # the numbering starts again there
        body = re.sub(r"（(?:牵头|责任|配合)[^（）]*）\s*$", "", body.replace("\n", "").strip())
        out.append({"no": m.group(1), "text": body.strip(FINAL)})
    return out


def read(text):
    """The whole source file. A gazette's parts share its list of blocks, so that they print in order."""
    root = Marked()
    doc, in_facts = root, True
    for line in text.split("\n"):
        if line.startswith("@@part"):
            doc.close()
            doc = Marked()
            doc.blocks = root.blocks
            root.parts.append(doc)
            in_facts = True
        elif line.startswith("@@end"):
            doc.close()
            doc = root
        elif in_facts and line.startswith("@"):
            doc.fact(line)
        elif in_facts and line.strip() == "---":
            in_facts = False
        elif line.startswith("#"):
            continue
        elif line.startswith("%T"):
            doc.hidden_target(line)
        elif re.match("=[1-3] ", line):
            doc.heading(int(line[1]), doc.plain(line[3:], None))
        elif re.match(r"\|=[1-3] ", line):
            doc.heading(int(line[2]), line[4:].strip(), row=True)
        elif re.match("=0( [1-3])?$", line.strip()):
            doc.close()
            doc.cut(line.strip()[3:])
        elif re.match(r"[+!\-]\?? ", line):
            numbered = line[1] != "?"
            doc.start(line[0], numbered, line[2 if numbered else 3:].strip(" "))
        elif line.startswith("|"):
            doc.row(line)
        else:
            doc.add(line)
    doc.close()
    return root
