"""Files of invented organisations, of any size."""
import csv
import io

COLUMNS = ("机构代码", "机构名称", "类别", "上级代码", "行政区划")


def organisations(rows, mark):
    """A collective with units below it in three levels, whose names hold the mark."""
    out = io.StringIO()
    table = csv.writer(out)
    table.writerow(COLUMNS)
    table.writerow(("T", f"测试集团{mark}", "collective", "", "990000"))
    for i in range(1, rows):
        table.writerow((f"T{i}", f"测试单位{i}号{mark}", "other", "T" if i <= 1000 else f"T{i % 1000 + 1}", "990000"))
    return out.getvalue().encode()
