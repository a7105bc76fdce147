"""Prints a marked document in the forms in which official documents come: txt, html, docx, pdf."""
import html
import io
import os
import re
import shutil
import subprocess
import tempfile
import zipfile

WIDTH = 76  # columns of a hard-wrapped line; a Chinese character takes two


def columns(s):
    return sum(2 if ord(c) > 0x2E7F or c in "“”‘’—…·" else 1 for c in s)


def wrap(line):
    """Breaks a line in the middle of its sentence, as mail programs do; but no figure is cut in two."""
    if not line.strip():
        return [""]
    out, now = [], ""
    for piece in re.findall("[0-9A-Za-z.%～-]+|.", line):
        if columns(now + piece) > WIDTH and piece not in "，。、；：）”〕":
            out.append(now)
            now = ""
        now += piece
    return out + [now]


def as_text(doc):
    lines = []
    indent = "　　" if doc.facts.get("indent") == "yes" else ""
    for b in doc.blocks:
        line = b.text
        if line and indent and b.kind in ("p", "item", "h1", "h2", "h3") and not line.startswith(("　", " ")):
            line = indent + line
        if b.cells and doc.facts.get("cells") == "lines":  # as a table comes out of a web page by copying
            lines += b.cells
            continue
        lines += wrap(line) if doc.facts.get("wrap") == "yes" else [line]
    return "\n".join(lines).strip("\n") + "\n"


def txt(doc):
    text = as_text(doc)
    encoding = doc.facts.get("encoding", "utf-8")
    if doc.facts.get("newline") == "crlf":
        text = text.replace("\n", "\r\n")
    bom = b"\xef\xbb\xbf" if doc.facts.get("bom") == "yes" else b""
    return bom + text.encode(encoding)


# --- html: a page as a browser saves it --------------------------------------------------------------------------
def html_blocks(doc):
    out, rows = [], []

    def flush():
        if rows:
            out.append("<table border=\"1\" cellspacing=\"0\">\n" + "\n".join(rows) + "\n</table>")
            rows.clear()
    width = max([len(b.cells) for b in doc.blocks if b.cells] or [1])
    for b in doc.blocks:
        if b.cells is None:
            flush()
            text = html.escape(b.text, quote=False).replace("  ", "&nbsp; ")
            if not b.text.strip():
                continue
            if b.kind == "h1":
                out.append(f"<p style=\"text-indent: 2em;\"><strong><span style=\"font-family: 黑体;\">{text}</span></strong></p>")
            elif b.kind in ("h2", "h3"):
                out.append(f"<p style=\"text-indent: 2em;\"><strong>{text}</strong></p>")
            else:
                out.append(f"<p style=\"text-indent: 2em;\"><span>&emsp;</span>{text}</p>")
        else:
            tag = "th" if b.kind == "head" else "td"
            span = f" colspan=\"{width}\"" if len(b.cells) == 1 else ""
            rows.append("<tr>" + "".join(
                f"<{tag}{span}>{html.escape(c, quote=False)}</{tag}>" for c in b.cells) + "</tr>")
    flush()
    return "\n".join(out)


PAGE = """<!DOCTYPE html>
<html lang="zh-CN">
<head>
<meta charset="utf-8">
<meta name="SiteName" content="示例市卫生健康委员会">
<meta name="ArticleTitle" content="{title}">
<meta name="PubDate" content="{published} 09:12">
<title>{title} - 示例市卫生健康委员会</title>
<style>
body {{ font: 16px/1.8 sans-serif; color: #333 }}
.nav li {{ display: inline; margin-right: 1em }}
</style>
<script>
var siteId = "990000wjw"; function doPrint() {{ window.print(); }}
document.write("<!-- 目标值100%以上 -->");
</script>
</head>
<body>
<!-- 页头开始 -->
<div class="top"><a href="/">示例市人民政府</a> | <a href="/mobile">手机版</a> | <a href="/access">无障碍浏览</a> | <a href="/old">关怀版</a></div>
<div class="logo">示例市卫生健康委员会</div>
<ul class="nav"><li><a href="/">网站首页</a></li><li><a href="/zwgk">政务公开</a></li><li><a href="/fw">办事服务</a></li><li><a href="/hd">互动交流</a></li><li><a href="/zt">专题专栏</a></li></ul>
<div class="search"><input type="text" placeholder="请输入关键字"><button>搜索</button></div>
<div class="position">您当前的位置：<a href="/">首页</a> &gt; <a href="/zwgk">政务公开</a> &gt; <a href="/zwgk/ghjh">规划计划</a> &gt; <a href="#">正文</a></div>
<table class="index">
<tr><td>索&nbsp;引&nbsp;号</td><td>990000/2026-0{serial}</td><td>分&emsp;&emsp;类</td><td>卫生、体育／卫生；计划／通知</td></tr>
<tr><td>发布机构</td><td>{issuer}</td><td>文&emsp;&emsp;号</td><td>{doc_no}</td></tr>
<tr><td>成文日期</td><td>{issued}</td><td>发布日期</td><td>{published}</td></tr>
<tr><td>名&emsp;&emsp;称</td><td colspan="3">{title}</td></tr>
<tr><td>主&nbsp;题&nbsp;词</td><td>卫生；计划</td><td>有&nbsp;效&nbsp;性</td><td>有效</td></tr>
</table>
<h1>{title}</h1>
<div class="info">发布时间：{published} 09:12　来源：{issuer}　浏览次数：<span id="hits">1367</span> 次　字体：【<a href="#">大</a> <a href="#">中</a> <a href="#">小</a>】</div>
<div class="article" id="zoom">
{body}
</div>
<div class="tools"><a href="javascript:doPrint()">【打印本页】</a> <a href="javascript:window.close()">【关闭窗口】</a> 分享到：<a href="#">微信</a> <a href="#">微博</a></div>
<div class="near">上一篇：<a href="#">关于做好2026年春节期间值班工作的通知</a><br>下一篇：<a href="#">2026年度部门预算公开</a></div>
<div class="related">相关阅读<ul><li><a href="#">一图读懂：{title}</a></li><li><a href="#">3家医院通过评审</a></li></ul></div>
<div class="footer">版权所有：示例市卫生健康委员会　主办单位：示例市卫生健康委员会　地址：示例市示中区人民路1号<br>
网站标识码：9900000000　ICP备案：示ICP备00000000号　示公网安备 99000000000000号　网站地图　联系我们<br>
您是第 2048963 位访问者　建议使用1024×768以上分辨率浏览</div>
</body>
</html>
"""


def page(doc, name):
    f = doc.facts
    return PAGE.format(title=f["title"], issuer=f["issuer"], doc_no=f.get("doc_no", ""), issued=f.get("issued", ""),
                       published=f.get("published", f.get("issued", "")), serial=f.get("serial", "0117"),
                       body=html_blocks(doc)).encode("utf-8")


# --- docx: the parts that Word needs, with runs split as Word splits them ----------------------------------------
W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
R = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


def run(text, bold):
    props = "<w:rPr><w:rFonts w:hint=\"eastAsia\" w:eastAsia=\"仿宋_GB2312\"/>" + ("<w:b/>" if bold else "") + \
            "<w:sz w:val=\"32\"/></w:rPr>"
    return f"<w:r>{props}<w:t xml:space=\"preserve\">{html.escape(text, quote=False)}</w:t></w:r>"


def paragraph(text, bold=False, style=None):
    """Editing leaves a paragraph in pieces: cut after every 17 characters, wherever that is."""
    props = f"<w:pPr><w:pStyle w:val=\"{style}\"/></w:pPr>" if style else ""
    pieces = [text[i:i + 17] for i in range(0, len(text), 17)]
    joined = "<w:proofErr w:type=\"spellStart\"/>".join(run(p, bold) for p in pieces)
    return f"<w:p>{props}{joined}</w:p>"


def docx_body(doc):
    out, rows = [], []

    def flush():
        if rows:
            out.append("<w:tbl><w:tblPr><w:tblW w:w=\"0\" w:type=\"auto\"/></w:tblPr>" + "".join(rows) + "</w:tbl>")
            rows.clear()
    width = max([len(b.cells) for b in doc.blocks if b.cells] or [1])
    for b in doc.blocks:
        if b.cells is None:
            flush()
            style = {"h1": "Heading1", "h2": "Heading2", "h3": "Heading3"}.get(b.kind)
            out.append(paragraph(b.text, b.kind != "p" and b.kind != "item", style))
        else:
            span = f"<w:tcPr><w:gridSpan w:val=\"{width}\"/></w:tcPr>" if len(b.cells) == 1 else ""
            rows.append("<w:tr>" + "".join(f"<w:tc>{span}{paragraph(c)}</w:tc>" for c in b.cells) + "</w:tr>")
    flush()
    return "".join(out)


def docx(doc, name):
    head = "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n"
    kinds = "application/vnd.openxmlformats-officedocument.wordprocessingml."
    title = doc.facts["title"]
    parts = {
        "[Content_Types].xml": head + "<Types xmlns=\"http://schemas.openxmlformats.org/package/2006/content-types\">"
        "<Default Extension=\"rels\" ContentType=\"application/vnd.openxmlformats-package.relationships+xml\"/>"
        "<Default Extension=\"xml\" ContentType=\"application/xml\"/>" +
        "".join(f"<Override PartName=\"/word/{p}.xml\" ContentType=\"{kinds}{k}+xml\"/>" for p, k in (
            ("document", "document.main"), ("styles", "styles"), ("header1", "header"), ("footer1", "footer"))) +
        "</Types>",
        "_rels/.rels": head + "<Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\">"
        f"<Relationship Id=\"rId1\" Type=\"{R}/officeDocument\" Target=\"word/document.xml\"/></Relationships>",
        "word/_rels/document.xml.rels": head +
        "<Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\">" +
        "".join(f"<Relationship Id=\"rId{i}\" Type=\"{R}/{k}\" Target=\"{t}.xml\"/>" for i, (k, t) in enumerate(
            (("styles", "styles"), ("header", "header1"), ("footer", "footer1")), 1)) + "</Relationships>",
        "word/styles.xml": head + f"<w:styles xmlns:w=\"{W}\">" + "".join(
            f"<w:style w:type=\"paragraph\" w:styleId=\"Heading{n}\"><w:name w:val=\"heading {n}\"/>"
            f"<w:pPr><w:outlineLvl w:val=\"{n - 1}\"/></w:pPr></w:style>" for n in (1, 2, 3)) + "</w:styles>",
        "word/header1.xml": head + f"<w:hdr xmlns:w=\"{W}\">{paragraph(title)}</w:hdr>",
        "word/footer1.xml": head + f"<w:ftr xmlns:w=\"{W}\"><w:p><w:r><w:t xml:space=\"preserve\">— </w:t></w:r>"
        "<w:r><w:fldChar w:fldCharType=\"begin\"/></w:r><w:r><w:instrText>PAGE</w:instrText></w:r>"
        "<w:r><w:fldChar w:fldCharType=\"separate\"/></w:r><w:r><w:t>1</w:t></w:r>"
        "<w:r><w:fldChar w:fldCharType=\"end\"/></w:r><w:r><w:t xml:space=\"preserve\"> —</w:t></w:r></w:p></w:ftr>",
        "word/document.xml": head + f"<w:document xmlns:w=\"{W}\" xmlns:r=\"{R}\"><w:body>{docx_body(doc)}<w:sectPr>"
        "<w:headerReference w:type=\"default\" r:id=\"rId2\"/><w:footerReference w:type=\"default\" r:id=\"rId3\"/>"
        "<w:pgSz w:w=\"11906\" w:h=\"16838\"/></w:sectPr></w:body></w:document>",
    }
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as z:
        for path, text in parts.items():
            info = zipfile.ZipInfo(path, (2026, 1, 1, 0, 0, 0))  # a fixed time: the same bytes every time
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = 0o644 << 16
            z.writestr(info, text.encode("utf-8"))
    return out.getvalue()


# --- pdf: printed by Chromium, with a header line and page numbers -----------------------------------------------
PRINT = """<!DOCTYPE html><html lang="zh-CN"><head><meta charset="utf-8"><title>{title}</title><style>
@page {{ size: A4; margin: 37mm 26mm 35mm 28mm;
  @top-left {{ content: "{issuer}文件"; font: 10pt "Droid Sans Fallback", "Noto Serif CJK SC" }}
  @bottom-center {{ content: "— " counter(page) " —"; font: 11pt "Droid Sans Fallback", "Noto Serif CJK SC" }} }}
body {{ font: 16pt/29pt "Droid Sans Fallback", "Noto Serif CJK SC"; text-align: justify }}
p {{ margin: 0; text-indent: 2em }}
.h {{ font-weight: bold }}
.c {{ text-align: center; text-indent: 0 }}
</style></head><body>{body}</body></html>"""


def pdf(doc, name):
    """chromium --headless --no-sandbox --print-to-pdf=OUT --no-pdf-header-footer IN.html

    The bytes hold the hour of printing, so a pdf is only printed anew when asked for."""
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if not chromium:
        return None
    body = []
    for b in doc.blocks:
        if b.text.strip():
            kind = "h" if b.kind.startswith("h") else ("c" if b.text.startswith("　　　　") else "p")
            body.append(f"<p class=\"{kind}\">{html.escape(b.text.strip(), quote=False)}</p>")
    text = PRINT.format(title=doc.facts["title"], issuer=doc.facts["issuer"], body="\n".join(body))
    with tempfile.TemporaryDirectory() as folder:
        source, target = os.path.join(folder, name + ".html"), os.path.join(folder, name + ".pdf")
        with open(source, "w", encoding="utf-8") as f:
            f.write(text)
        subprocess.run([chromium, "--headless", "--no-sandbox", "--disable-gpu", "--user-data-dir=" + folder,
                        "--print-to-pdf=" + target, "--no-pdf-header-footer", source],
                       check=True, capture_output=True, timeout=120)
        with open(target, "rb") as f:
            return f.read()


def markdown(doc, name):
    """A heading becomes one of markdown, a heading's line in the text gets its number of #."""
    out = []
    for b in doc.blocks:
        if b.kind.startswith("h"):
            out += ["", "#" * (int(b.kind[1]) + 1) + " " + b.text, ""]
        else:
            out.append("# " + b.text if b.text == doc.facts["title"] else b.text)
    return ("\n".join(out).strip("\n") + "\n").encode("utf-8")


PRINTERS = {"txt": lambda doc, name: txt(doc), "md": markdown, "html": page, "docx": docx, "pdf": pdf}
