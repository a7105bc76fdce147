"""The eighth pack (tests/packs), which the program has never heard of: as a file that is sent to a server, and installed there beside the others."""
import io
import os
import zipfile

from client import upload

PACK = "school_water_inspect"


def pack():
    out = io.BytesIO()
    folder = os.path.join(os.environ["SOURCE_ROOT"], "tests", "packs")
    with zipfile.ZipFile(out, "w") as z:
        for top, _, files in os.walk(os.path.join(folder, PACK)):
            for name in files:
                z.write(os.path.join(top, name), os.path.relpath(os.path.join(top, name), folder))
    return out.getvalue()


def install(server, session):
    """What the server answers."""
    return server.post("/api/v1/packs", {"upload": upload(server, session, "packs.zip", pack())}, session=session)
